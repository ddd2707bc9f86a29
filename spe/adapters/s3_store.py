"""Sealed objects in a bucket: written once, in parts where they are large, read in ranges, never more than two parts in memory."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spe.adapters.s3_calls import FAILED, Calls, Failing
from spe.crypto.object_store import Changed
from spe.errors import Malformed, NotFound

PART_BYTES: Final = 8 << 20
MOST_PARTS: Final = 10_000
_ABANDONED: Final = 3600.0
_PAGES: Final = 100
_LABEL: Final = re.compile(r"[0-9a-f]{64}")
_RANGE: Final = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")
_ABSENT, _TAKEN, _BEYOND, _UNKNOWN = 404, 412, 416, 501


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store says of an object: its size, and the tag that changes with its bytes."""

    size: int
    tag: str


class S3Store:
    """`ObjectStore` over one bucket; names begin with `prefix`, so several installations may share it."""

    def __init__(self, calls: Calls, prefix: str = "", part: int = PART_BYTES) -> None:
        self._calls, self._prefix, self._part = calls, prefix, part
        self.conditional = True

    def put(self, label: str, chunks: Iterable[bytes]) -> bool:
        """Keep the joined chunks as `label` where nothing is kept so, and say whether they were; never half of them."""
        if self._look(label) is not None:
            return False
        parts = _in_parts(chunks, self._part)
        first, last = next(parts)
        size = len(first)
        if last:
            tag = self._put_whole(label, first)
        else:
            size, tag = self._put_parts(label, first, parts)
        return tag is not None and self._confirm(label, Kept(size, tag))

    def get(self, label: str) -> Iterator[bytes]:
        """Yield what is kept as `label`, a range at a time; `Changed` where it isn't one object from first to last."""
        at, kept = 0, None
        while kept is None or at < kept.size:
            piece, seen = self._range(label, at, kept)
            if kept is not None and seen.size != kept.size:
                raise Changed(at, "the store says another length than before")
            kept, at = seen, at + len(piece)
            yield piece

    def remove(self, label: str) -> None:
        """Remove what is kept as `label`; where nothing is, nothing changes."""
        try:
            self._calls.call("delete_object", Key=self._key(label))
        except Failing as failing:
            if failing.status != _ABSENT:
                raise

    def probe(self) -> None:
        """Return if the store answers for this bucket; `Unreachable` where it does not."""
        self._look("0" * 64)

    def tried(self) -> str:
        """Put, put again, read and remove an object of no meaning, and say what the store can do."""
        label = secrets.token_hex(32)
        try:
            self._put_whole(label, b"spe")
            kept = self._put_whole(label, b"spe") is None
            if b"".join(self.get(label)) != b"spe":
                raise Failing(FAILED, "it gives back other bytes than it was given")
            self._uploads()
        finally:
            with suppress(Failing):
                self.remove(label)
        return "refuses a second put" if kept else "takes a second put: only a look before each put stands in"

    def sweep(self) -> int:
        """Abandon uploads of ours that nobody has gone on with for an hour; return how many there were."""
        old = [
            one
            for one in self._uploads()
            if self._is_ours(one["Key"]) and _age(one) > _ABANDONED
        ]
        for one in old:
            self._abandon(one["Key"], one["UploadId"])
        return len(old)

    def close(self) -> None:
        """End the connections."""
        self._calls.close()

    def _key(self, label: str) -> str:
        return self._prefix + label

    def _is_ours(self, key: str) -> bool:
        return key.startswith(self._prefix) and _LABEL.fullmatch(key[len(self._prefix) :]) is not None

    def _look(self, label: str) -> Kept | None:
        try:
            said = self._calls.call("head_object", Key=self._key(label))
        except Failing as failing:
            if failing.status == _ABSENT:
                return None
            raise
        return Kept(int(said.get("ContentLength", -1)), str(said.get("ETag", "")))

    def _confirm(self, label: str, put: Kept) -> bool:
        """Say that what was put is there: a store that answers well and keeps nothing is not believed."""
        found = self._look(label)
        if found is None:
            raise Failing(FAILED, "it said that it keeps the object, and does not")
        if found.size != put.size:
            raise Failing(FAILED, "it keeps another length than it was given")
        # Another writer's, where the store knows no condition: whoever put it says so, and ours is gone.
        return found.tag == put.tag

    def _put_whole(self, label: str, body: bytes) -> str | None:
        return self._created("put_object", Key=self._key(label), Body=body)

    def _put_parts(
        self, label: str, first: bytes, parts: Iterator[tuple[bytes, bool]]
    ) -> tuple[int, str | None]:
        key = self._key(label)
        upload = str(self._calls.call("create_multipart_upload", Key=key)["UploadId"])
        try:
            tags, size = [self._put_part(key, upload, 1, first)], len(first)
            for number, (body, _) in enumerate(parts, start=2):
                if number > MOST_PARTS:
                    raise Malformed(f"an object has at most {MOST_PARTS * self._part} bytes, sealed")
                tags.append(self._put_part(key, upload, number, body))
                size += len(body)
            listed = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
            tag = self._created(
                "complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": listed}
            )
        except BaseException:
            with suppress(Failing):
                self._abandon(key, upload)
            raise
        if tag is None:
            with suppress(Failing):
                self._abandon(key, upload)
        return size, tag

    def _put_part(self, key: str, upload: str, number: int, body: bytes) -> str:
        said = self._calls.call("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=body)
        return str(said["ETag"])

    def _created(self, operation: str, **given: Any) -> str | None:
        """Return the tag of what was created, None where something was there; a store without conditions was looked at."""
        condition = {"IfNoneMatch": "*"} if self.conditional else {}
        try:
            return str(self._calls.call(operation, **condition, **given).get("ETag", ""))
        except Failing as failing:
            if failing.status == _TAKEN:
                return None
            if failing.status == _UNKNOWN and condition:
                self.conditional = False
                return self._created(operation, **given)
            if failing.status == _ABSENT and self._look(given["Key"].removeprefix(self._prefix)) is not None:
                return None  # the first try had come about, and its answer was lost
            raise

    def _range(self, label: str, at: int, kept: Kept | None) -> tuple[bytes, Kept]:
        same = {"IfMatch": kept.tag} if kept is not None and kept.tag else {}
        try:
            said = self._calls.call(
                "get_object", Key=self._key(label), Range=f"bytes={at}-{at + self._part - 1}", **same
            )
        except Failing as failing:
            if failing.status == _ABSENT and kept is None:
                raise NotFound("there is no such sealed object") from None
            if failing.status in {_ABSENT, _TAKEN, _BEYOND}:
                raise Changed(at, "it was replaced or removed while it was read") from None
            raise
        piece = said["Body"]
        return piece, Kept(
            _total(str(said.get("ContentRange", "")), at, len(piece), self._part), str(said.get("ETag", ""))
        )

    def _uploads(self) -> list[Any]:
        found: list[Any] = []
        marks: dict[str, str] = {}
        for _ in range(_PAGES):
            page = self._calls.call("list_multipart_uploads", Prefix=self._prefix, **marks)
            found += page.get("Uploads", [])
            marks = {
                "KeyMarker": str(page.get("NextKeyMarker", "")),
                "UploadIdMarker": str(page.get("NextUploadIdMarker", "")),
            }
            if not page.get("IsTruncated"):
                break
        return found

    def _abandon(self, key: str, upload: str) -> None:
        self._calls.call("abort_multipart_upload", Key=key, UploadId=upload)


def _total(said: str, at: int, got: int, asked: int) -> int:
    """Return the object's length as the answer to a range tells it; `Changed` unless the answer is that range."""
    match = _RANGE.fullmatch(said)
    if match is None:
        raise Changed(at, "the store answers with something other than the range that was asked for")
    start, end, total = (int(number) for number in match.groups())
    if (start, end + 1) != (at, at + got) or got != min(asked, total - at):
        raise Changed(at, "the store answers with another range than was asked for")
    return total


def _age(upload: Any) -> float:
    begun = upload.get("Initiated")
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
