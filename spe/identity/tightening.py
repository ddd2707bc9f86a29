"""What a setting must be at the identity provider, and how one that is there already is met: never looser than it was.

A `Want` knows two things: whether what was found will do, and what to put where it won't. An operator's stricter value will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Want(Protocol):
    """One setting as it must be."""

    def met(self, found: Any) -> Any:
        """Return the setting as it shall be from now on: `found` itself where that will do."""
        ...


@dataclass(frozen=True, slots=True)
class Exactly:
    """This value and no other; numbers and truth values may be written as text, as attributes are."""

    value: Any

    def met(self, found: Any) -> Any:  # noqa: ARG002 - whatever was there
        """Return the value."""
        return self.value


@dataclass(frozen=True, slots=True)
class AtMost:
    """This number or a smaller one; `least` is the smallest that is no switch (0 often means for ever)."""

    number: int
    least: int = 1

    def met(self, found: Any) -> Any:
        """Return what was found where it is small enough."""
        return found if type(found) is int and self.least <= found <= self.number else self.number


@dataclass(frozen=True, slots=True)
class AtLeast:
    """This number or a larger one."""

    number: int

    def met(self, found: Any) -> Any:
        """Return what was found where it is large enough."""
        return found if type(found) is int and found >= self.number else self.number


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first of these values that is strict enough, or one after it."""

    value: str
    strictest_last: tuple[str, ...]

    def met(self, found: Any) -> Any:
        """Return what was found where it is as strict or stricter."""
        order = self.strictest_last
        strict = found in order and order.index(found) >= order.index(self.value)
        return found if strict else self.value


@dataclass(frozen=True, slots=True)
class Including:
    """A list that has at least these items; others that are there stay."""

    items: tuple[str, ...]

    def met(self, found: Any) -> Any:
        """Return the list with what was missing at its end."""
        there = list(found) if isinstance(found, list) else []
        return [*there, *(item for item in self.items if item not in there)]


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """A password policy of Keycloak's form that asks for at least so many characters; its other parts stay."""

    length: int

    def met(self, found: Any) -> Any:
        """Return the policy with a length that is long enough."""
        parts = [part.strip() for part in str(found or "").split(" and ") if part.strip()]
        kept = [part for part in parts if not part.startswith("length(")]
        lengths = [_inside(part) for part in parts if part.startswith("length(")]
        return " and ".join([f"length({max([self.length, *lengths])})", *kept])


Wanted = Mapping[str, "Want | Wanted"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is not as it must be: where, what is there, what will be."""

    path: str
    found: Any
    wanted: Any


def merged(found: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """Return `found` with every setting as it must be; whatever is not wanted in any way stays as it is."""
    done = dict(found)
    for name, want in wanted.items():
        there = found.get(name)
        if isinstance(want, Mapping):
            done[name] = merged(there if isinstance(there, Mapping) else {}, want)
        else:
            done[name] = want.met(there)
    return done


def differences(found: Mapping[str, Any], wanted: Wanted, path: str = "") -> Iterator[Difference]:
    """Yield the settings that `merged` would change."""
    for name, want in wanted.items():
        there, here = found.get(name), f"{path}.{name}".removeprefix(".")
        if isinstance(want, Mapping):
            yield from differences(there if isinstance(there, Mapping) else {}, want, here)
        elif _plain(there) != _plain(want.met(there)):
            yield Difference(here, there, want.met(there))


def _plain(value: Any) -> Any:
    """Return a value in the one form in which two are compared: Keycloak's attributes are texts."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return sorted(str(item) for item in value)
    return value if value is None else str(value)


def _inside(part: str) -> int:
    digits = part.removeprefix("length(").partition(")")[0]
    return int(digits) if digits.isdecimal() else 0
