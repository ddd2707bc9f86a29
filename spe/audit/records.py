"""What is stored: frozen values with an id, each kind in a table of its own, read back as they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable


@runtime_checkable
class Record(Protocol):
    """A frozen dataclass that is stored: `table` names its table, `indexed` the fields that may be searched."""

    table: ClassVar[str]
    indexed: ClassVar[tuple[str, ...]]

    @property
    def id(self) -> str:
        """Identifier, unique within the table; pages are ordered by it."""
        ...


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Stored(Generic[R]):
    """A value and the version it was read at; a `Put` that builds on it expects that version."""

    value: R
    version: int


def status_of(record: Record) -> str:
    """Return the record's status (or state) as text, "" where it has none."""
    return str(getattr(record, "status", getattr(record, "state", "")))


class Records(Protocol):
    """Reads what is stored; all writing goes through a `Change`."""

    def get(self, kind: type[R], id: str, /) -> Stored[R] | None:  # noqa: A002
        """Return the record, or None where there is none."""
        ...

    def find(
        self, kind: type[R], /, *, after: str = "", limit: int = 1000, **where: Any
    ) -> tuple[Stored[R], ...]:
        """Return records whose indexed fields equal `where`, in id order after `after`, at most `limit`."""
        ...

    def each(self, kind: type[R], /, **where: Any) -> Iterator[Stored[R]]:
        """Walk all records whose indexed fields equal `where`, page by page."""
        ...
