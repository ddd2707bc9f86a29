"""Sealed objects in a bucket: written once, read in ranges, with two parts in memory at most; no answer is simply believed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from spe.adapters.glance import Glance
from spe.adapters.s3_calls import FAILED, Calls, Failing
from spe.adapters.s3_upload import TAKEN, Kept, Uploads
from spe.crypto.object_store import Changed
from spe.errors import NotFound

PART_BYTES: Final = 8 << 20
_ABANDONED: Final = 86_400.0
_LABEL: Final = re.compile(r"[0-9a-f]{64}")
_RANGE: Final = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")
_ABSENT, _BEYOND, _NO_KEY = 404, 416, "NoSuchKey"


class S3Store:
    """`ObjectStore` over one bucket; names begin with `prefix`, so several installations may share it."""

    def __init__(self, calls: Calls, prefix: str = "", part: int = PART_BYTES) -> None:
        self._calls, self._prefix, self._part = calls, prefix, part
        self._uploads = Uploads(calls, part)
        self._glance = Glance(lambda: calls.call("head_bucket"))

    def put(self, label: str, chunks: Iterable[bytes]) -> bool:
        """Keep the joined chunks as `label` where nothing is kept so, and say whether they were; never half of them.

        False too where nobody knows whose bytes are kept: the first answer was lost, or another writer's replaced ours.
        """
        if self._look(label) is not None:
            return False
        try:
            put = self._uploads.create(self._key(label), chunks)
        except Failing as failing:
            # Of an upload that was completed, the answer lost, a second completion finds nothing.
            if failing.status == _ABSENT and self._look(label) is not None:
                return False
            raise
        return put is not None and self._is_there(label, put)

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
        """Remove what is kept as `label`, and look that it is gone; where nothing is, nothing changes."""
        try:
            self._calls.call("delete_object", Key=self._key(label))
        except Failing as failing:
            if failing.word != _NO_KEY:
                raise
        if self._look(label) is not None:
            raise Failing(FAILED, "it said that it removed the object, and has it still")

    def probe(self) -> None:
        """Return if the store answers for this bucket; `Unreachable` where it does not, or did not a moment ago."""
        self._glance.look()

    def tried(self) -> str:
        """Put, put again, read and remove an object of no meaning, and say what the store can do."""
        label = secrets.token_hex(32)
        try:
            if not self.put(label, [b"spe"]) or b"".join(self.get(label)) != b"spe":
                raise Failing(FAILED, "it gives back other bytes than it was given")
            kept = self._uploads.create(self._key(label), [b"spe"]) is None
            self.sweep()
        finally:
            with suppress(Failing):
                self.remove(label)
        return "refuses a second put" if kept else "takes a second put: only a look before each put stands in"

    def sweep(self) -> int:
        """Abandon uploads of ours that were begun more than a day ago; return how many there were."""
        begun = self._uploads.begun(self._prefix)
        old = [(key, upload) for key, upload, age in begun if self._is_ours(key) and age > _ABANDONED]
        for key, upload in old:
            self._uploads.abandon(key, upload)
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

    def _is_there(self, label: str, put: Kept) -> bool:
        """Look for what was put: a store that says yes and keeps nothing is not believed."""
        found = self._look(label)
        if found is None:
            raise Failing(FAILED, "it said that it keeps the object, and does not")
        if found.size != put.size:
            raise Failing(FAILED, "it keeps another length than it was given")
        # Where the store knows no condition, another writer may have come between: then the bytes are compared.
        return found.tag == put.tag

    def _range(self, label: str, at: int, kept: Kept | None) -> tuple[bytes, Kept]:
        same = {"IfMatch": kept.tag} if kept is not None and kept.tag else {}
        asked = f"bytes={at}-{at + self._part - 1}"
        try:
            said = self._calls.call("get_object", Key=self._key(label), Range=asked, **same)
        except Failing as failing:
            gone = failing.status == _ABSENT and failing.word == _NO_KEY
            if gone and kept is None:
                raise NotFound("there is no such sealed object") from None
            if gone or failing.status in {TAKEN, _BEYOND}:
                raise Changed(at, "it was replaced or removed while it was read") from None
            raise
        piece = said["Body"]
        size = _total(str(said.get("ContentRange", "")), at, len(piece), self._part)
        return piece, Kept(size, str(said.get("ETag", "")))


def _total(said: str, at: int, got: int, asked: int) -> int:
    """Return the object's length as the answer to a range tells it; `Changed` unless the answer is that range."""
    match = _RANGE.fullmatch(said)
    if match is None:
        raise Changed(at, "the store answers with something other than the range that was asked for")
    start, end, total = (int(number) for number in match.groups())
    if (start, end + 1) != (at, at + got) or got != min(asked, total - at):
        raise Changed(at, "the store answers with another range than was asked for")
    return total
