"""What an event is, and the register that keeps their catalogue closed."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import ClassVar


class StaffRef(str):
    """Identifier of a member of staff; sealed in the log, opened for auditors only, and that is logged."""

    __slots__ = ()


class SubjectRef(str):
    """A subject's pseudonym; the log holds a digest under the subject's own key, different in every entry."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return no more than that it is one: representations end up in messages."""
        return "SubjectRef(hidden)"


def digest_of(text: str) -> str:
    """Return the SHA-256 of a person's words: the log proves what was written, the record keeps the words."""
    return sha256(text.encode()).hexdigest()


_TYPES: dict[str, type[Event]] = {}


class Event:
    """Something that happened. Subclasses are frozen dataclasses of text, numbers, truth values and tuples."""

    type: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """Enter the subclass into the catalogue; a slotted dataclass is made twice, so its own name may return."""
        super().__init_subclass__()
        known = _TYPES.setdefault(cls.type, cls)
        if known.__qualname__ != cls.__qualname__:
            raise TypeError(f"two events are called {cls.type}")
        _TYPES[cls.type] = cls


def catalogue() -> Mapping[str, type[Event]]:
    """Return every event type there is, by name."""
    return MappingProxyType(_TYPES)
