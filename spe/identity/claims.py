"""The one table of what a token may tell of a person, and how its claims become a `Person`.

A token names a person's roles from a closed list; the worker's role is never among them, because the worker is no
caller: it acts inside and brings no token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any, NoReturn, TypeVar

from spe.audit.events import StaffRef
from spe.errors import NotSignedIn
from spe.identity.model import Person, Role

T = TypeVar("T")
LONGEST_ID = 128
_LONGEST_NAME = 200
_MOST_ROLES = 20
_LATEST = 2**40


class Need(StrEnum):
    """Whether a token must bring a claim; `ignored` claims may be there and are never read."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: its name, whether it is needed, and what it is for."""

    name: str
    need: Need
    meaning: str


TOGETHER: frozenset[frozenset[Role]] = frozenset({frozenset({Role.CHAIR, Role.COMMITTEE})})
"""The pairs of roles that one token may carry; any other two check each other, or one sees what the other must not."""

CLAIMS: tuple[Claim, ...] = (
    Claim("iss", Need.REQUIRED, "the issuer, compared exactly"),
    Claim("aud", Need.REQUIRED, "the audience, which must contain ours"),
    Claim("exp", Need.REQUIRED, "end of validity, seconds since 1970"),
    Claim("iat", Need.REQUIRED, "when it was issued, seconds since 1970"),
    Claim("nbf", Need.OPTIONAL, "start of validity, seconds since 1970"),
    Claim("sub", Need.REQUIRED, "the person's identifier"),
    Claim("organisation", Need.REQUIRED, "the organisation they belong to"),
    Claim(
        "roles", Need.REQUIRED, "their roles, names from the closed list: one, or a pair that may go together"
    ),
    Claim("name", Need.OPTIONAL, "how they are called on screen"),
    Claim("holder", Need.OPTIONAL, "the data holder they act for"),
    Claim(
        "trained_until",
        Need.OPTIONAL,
        "end of their training's validity, seconds since 1970; absent: untrained",
    ),
    Claim("member_until", Need.OPTIONAL, "end of their membership, seconds since 1970; absent: no member"),
    Claim(
        "azp", Need.OPTIONAL, "the client it was issued to, which must be an expected one where it is named"
    ),
    Claim("jti", Need.IGNORED, "the token's own identifier"),
    Claim("email", Need.IGNORED, "an address is never needed here"),
    Claim("preferred_username", Need.IGNORED, "a login name is never needed here"),
    Claim("scope", Need.IGNORED, "scopes decide nothing here: policy does"),
)


def person(claims: Mapping[str, Any]) -> Person:
    """Return whom verified `claims` speak of.

    `NotSignedIn`: a claim is missing or ill-typed, a role is unknown, or two roles check each other.
    """
    return Person(
        id=StaffRef(_identifier(claims, "sub")),
        name=_given(claims, "name", _name, ""),
        organisation=_identifier(claims, "organisation"),
        roles=_roles(claims),
        holder=_given(claims, "holder", _identifier, ""),
        trained_until=_given(claims, "trained_until", instant, 0),
        member_until=_given(claims, "member_until", instant, 0),
    )


def instant(claims: Mapping[str, Any], name: str) -> int:
    """Return a claim that is whole seconds since 1970: no fraction, no text, no truth value."""
    value = claims.get(name)
    if type(value) is not int or not 0 <= value <= _LATEST:
        refuse(name)
    return value


def refuse(name: str) -> NoReturn:
    """Refuse the token for its claim `name`; what the claim says is not repeated."""
    raise NotSignedIn(f"the token's claim {name} is missing or not of the expected form")


def _given(claims: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any], str], T], absent: T) -> T:
    return read(claims, name) if name in claims else absent


def _name(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or not value.isprintable():
        refuse(name)
    return value


def _identifier(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= LONGEST_ID
        or not (value.isascii() and value.isprintable())
    ):
        refuse(name)
    return value


def _roles(claims: Mapping[str, Any]) -> tuple[Role, ...]:
    named = claims.get("roles")
    if not isinstance(named, list) or not 0 < len(named) <= _MOST_ROLES:
        refuse("roles")
    known = {role.value for role in Role if role is not Role.WORKER}
    if any(not isinstance(role, str) or role not in known for role in named) or len(set(named)) != len(named):
        refuse("roles")
    roles = tuple(sorted(Role(role) for role in named))
    if any(frozenset(pair) not in TOGETHER for pair in combinations(roles, 2)):
        raise NotSignedIn("the token carries two roles that check each other: sign in with one of them")
    return roles
