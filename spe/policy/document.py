"""A question as the JSON document that an engine reads: `{"gate": ..., and the question's own fields}`."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from spe.crypto.canonical import LARGEST_INT
from spe.errors import Malformed
from spe.policy.model import Question

LONGEST_TEXT = 2000
MOST_ITEMS = 5000


def document(question: Question) -> dict[str, Any]:
    """Return the question as plain JSON values; `Malformed` for whatever no question may hold.

    Text is at most 2,000 characters, a list at most 5,000 items, whole numbers fit in 53 bits; None and fractions
    are refused.
    """
    return {"gate": question.gate, **_fields(question)}


def _fields(value: Any) -> dict[str, Any]:
    kind: Any = type(value)
    return {name: _plain(getattr(value, name)) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, tuple):
        return _list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    raise Malformed(f"a question can't hold {type(value).__name__}")


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise Malformed(f"a text in a question is over {LONGEST_TEXT} characters")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Malformed("a text in a question holds half of a surrogate pair")
    return str(value)


def _whole(value: int) -> int:
    if abs(value) > LARGEST_INT:
        raise Malformed("a number in a question is beyond 2^53-1")
    return int(value)


def _list(value: tuple[Any, ...]) -> list[Any]:
    if len(value) > MOST_ITEMS:
        raise Malformed(f"a list in a question is over {MOST_ITEMS} items")
    return [_plain(item) for item in value]
