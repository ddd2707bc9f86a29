"""Creating objects in a bucket: in one go or in parts, never over what is there, never half of one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spe.adapters.s3_calls import Calls, Failing
from spe.errors import Malformed

MOST_PARTS: Final = 10_000
TAKEN: Final = 412
_UNKNOWN: Final = 501
_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """An object as the store describes it: its size, and the tag that changes with its bytes."""

    size: int
    tag: str


class Uploads:
    """Creates objects in parts of `part` bytes; `conditional` until the store says that it knows no condition."""

    def __init__(self, calls: Calls, part: int) -> None:
        self._calls, self._part = calls, part
        self.conditional = True

    def create(self, key: str, chunks: Iterable[bytes]) -> Kept | None:
        """Keep the joined chunks as `key` and return what they became; None where something is kept so.

        `Failing`: they are not kept, or nobody knows. What fails to come leaves nothing, whatever it raises.
        """
        parts = _in_parts(chunks, self._part)
        first, last = next(parts)
        if last:
            return _kept(len(first), self._created("put_object", Key=key, Body=first))
        upload = str(self._calls.call("create_multipart_upload", Key=key)["UploadId"])
        try:
            kept = self._in_parts(key, upload, first, parts)
        except BaseException:
            self._give_up(key, upload)
            raise
        if kept is None:
            self._give_up(key, upload)
        return kept

    def begun(self, prefix: str) -> Iterator[tuple[str, str, float]]:
        """Yield uploads that were begun and not ended, as key, name and age in seconds; a list without end is left."""
        marks: dict[str, str] = {}
        for _ in range(_PAGES):
            page = self._calls.call("list_multipart_uploads", Prefix=prefix, **marks)
            for one in page.get("Uploads", []):
                yield str(one.get("Key")), str(one.get("UploadId")), _age(one.get("Initiated"))
            if not page.get("IsTruncated"):
                return
            marks = {
                "KeyMarker": str(page.get("NextKeyMarker", "")),
                "UploadIdMarker": str(page.get("NextUploadIdMarker", "")),
            }

    def abandon(self, key: str, upload: str) -> None:
        """End an upload, and let the store forget its parts."""
        self._calls.call("abort_multipart_upload", Key=key, UploadId=upload)

    def _give_up(self, key: str, upload: str) -> None:
        # What can't be ended now is swept later; nobody sees it meanwhile.
        with suppress(Failing):
            self.abandon(key, upload)

    def _in_parts(
        self, key: str, upload: str, first: bytes, parts: Iterator[tuple[bytes, bool]]
    ) -> Kept | None:
        tags, size = [self._put_part(key, upload, 1, first)], len(first)
        for number, (body, _) in enumerate(parts, start=2):
            tags.append(self._put_part(key, upload, number, body))
            size += len(body)
        listed = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        whole = {"Parts": listed}
        return _kept(
            size, self._created("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload=whole)
        )

    def _put_part(self, key: str, upload: str, number: int, body: bytes) -> str:
        if number > MOST_PARTS:
            raise Malformed(f"an object has at most {MOST_PARTS * self._part} bytes, sealed")
        said = self._calls.call("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=body)
        return str(said["ETag"])

    def _created(self, operation: str, **given: Any) -> str | None:
        """Return the tag of what was created, None where something is there.

        An answer that was lost, and the operation repeated, looks the same: whoever asked compares the bytes.
        """
        condition = {"IfNoneMatch": "*"} if self.conditional else {}
        try:
            return str(self._calls.call(operation, **condition, **given).get("ETag", ""))
        except Failing as failing:
            if failing.status == TAKEN:
                return None
            if failing.status != _UNKNOWN or not condition:
                raise
        self.conditional = False
        return self._created(operation, **given)


def _kept(size: int, tag: str | None) -> Kept | None:
    return None if tag is None else Kept(size, tag)


def _age(begun: object) -> float:
    return time.time() - begun.timestamp() if isinstance(begun, datetime) else 0.0


def _in_parts(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Cut the joined chunks into parts of `size`, the last shorter or full and marked; no bytes make one empty part."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True
