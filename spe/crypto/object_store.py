"""Where sealed objects are kept: bytes under labels, written once, by somebody who needs to be trusted with neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from spe.crypto.sealed import HEADER_BYTES, SEALED_SEGMENT_BYTES, BrokenSeal


class ObjectStore(Protocol):
    """Keeps bytes under labels of 64 hexadecimal digits; every call may be repeated."""

    def put(self, label: str, chunks: Iterable[bytes]) -> bool:
        """Keep the joined chunks as `label` where nothing is kept so, and say whether they were; never half of them.

        `Unreachable`: they are not kept, or nobody knows.
        """
        ...

    def get(self, label: str) -> Iterator[bytes]:
        """Yield what is kept as `label`; `NotFound` where nothing is, `Changed` where it changes on the way."""
        ...

    def remove(self, label: str) -> None:
        """Remove what is kept as `label`; where nothing is, nothing changes."""
        ...

    def probe(self) -> None:
        """Return if the store answers; `Unreachable` where it does not."""
        ...

    def sweep(self) -> int:
        """Remove what writers left behind when they were killed; return how much it was."""
        ...

    def tried(self) -> str:
        """Put, read and remove an object of no meaning, and say what the store can do."""
        ...

    def close(self) -> None:
        """End what is open."""
        ...


class Changed(BrokenSeal):
    """A store gave at byte `at` what can't belong to one object: the segment that it lies in is named."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(None if at < HEADER_BYTES else (at - HEADER_BYTES) // SEALED_SEGMENT_BYTES, reason)
