"""What an OPA server says of the bundle that it has, or has not, loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from spe.policy import unasked

_SIGNS: Final[tuple[tuple[str, str], ...]] = (
    ("missing .signatures.json", unasked.UNSIGNED),
    ("missing JWT", unasked.UNSIGNED),
    ("verify JWT signature", unasked.WRONG_SIGNATURE),
    ("not included in bundle signature", unasked.WRONG_SIGNATURE),
    ("not found in bundle", unasked.WRONG_SIGNATURE),
    ("digest mismatch", unasked.WRONG_SIGNATURE),
    ("scope mismatch", unasked.WRONG_SIGNATURE),
    ("verification key", unasked.WRONG_SIGNATURE),
)
_LONGEST: Final = 200
_NOTHING: Final = "no bundle is loaded"
BUNDLE: Final = "spe"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The bundle in force at the server: its revision, or why there is none, as our code and in the server's words.

    `said` may also be there beside a revision: a newer bundle was refused, and the older one stays.
    """

    revision: str
    fault: str | None
    said: str


def loaded(status: Any) -> Loaded:
    """Return what a status document says of our bundle; True and False stand for a server that has none to show."""
    if isinstance(status, bool):
        return Loaded("", None if status else unasked.NO_BUNDLE, "" if status else _NOTHING)
    told = status
    for name in ("result", "bundles", BUNDLE):
        told = told.get(name) if isinstance(told, dict) else None
    told = told if isinstance(told, dict) else {}
    revision, said = _text(told.get("active_revision")), _text(told.get("message"))
    return Loaded(revision, None if revision else _fault(said), said or ("" if revision else _NOTHING))


def _fault(said: str) -> str:
    return next((code for sign, code in _SIGNS if sign in said), unasked.NO_BUNDLE)


def _text(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
