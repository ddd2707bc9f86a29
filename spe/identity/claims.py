"""The one table of what a token may tell of a person, and how its claims become a `Person`.

A token names a person's roles from a closed list; the worker's role is never among them, because the worker is no
caller: it acts inside and brings no token. Claims that the table does not name are not read, as RFC 7519 wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any, NoReturn, TypeVar

from spe.audit.events import StaffRef
from spe.errors import NotSignedIn
from spe.identity.model import SECOND_FACTOR, Person, Role

T = TypeVar("T")
LONGEST_ID = 128
_LONGEST_NAME = 200
_MOST_ROLES = 20
_LATEST = 2**40
_PROCESSES = frozenset({"api", "worker"})


class Need(StrEnum):
    """Whether a token must bring a claim; `ignored` ones may be there and are never read, `refused` ones may not be."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    IGNORED = "ignored"
    REFUSED = "refused"


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
    Claim(
        "organisation",
        Need.REQUIRED,
        "the organisation they belong to: its name, or a list of exactly one group path such as /uni-bologna",
    ),
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
    Claim("typ", Need.OPTIONAL, "Bearer where it is named: an ID, refresh or logout token is none"),
    Claim("acr", Need.OPTIONAL, f"how they signed in; {SECOND_FACTOR} says with a second factor"),
    Claim(
        "auth_time",
        Need.OPTIONAL,
        f"when they signed in so, seconds since 1970; counts with the acr {SECOND_FACTOR} only",
    ),
    Claim("sid", Need.OPTIONAL, "the session at the issuer, by which a logout finds its tokens"),
    Claim("jti", Need.IGNORED, "the token's own identifier"),
    Claim("email", Need.IGNORED, "an address is never needed here"),
    Claim("email_verified", Need.IGNORED, "an address is never needed here"),
    Claim("preferred_username", Need.IGNORED, "a login name is never needed here"),
    Claim("given_name", Need.IGNORED, "the whole name is in name"),
    Claim("family_name", Need.IGNORED, "the whole name is in name"),
    Claim("scope", Need.IGNORED, "scopes decide nothing here: policy does"),
    Claim("allowed-origins", Need.IGNORED, "no page of another origin calls the API"),
    Claim("realm_access", Need.IGNORED, "the issuer's own roles decide nothing here: roles does"),
    Claim("resource_access", Need.IGNORED, "the issuer's own roles decide nothing here: roles does"),
    Claim("cnf", Need.REFUSED, "the token is bound to a key whose possession nobody here checks"),
    Claim("act", Need.REFUSED, "somebody else acts in the person's name"),
    Claim("may_act", Need.REFUSED, "somebody else could act in the person's name"),
)
_REFUSED = frozenset(claim.name for claim in CLAIMS if claim.need is Need.REFUSED)


def person(claims: Mapping[str, Any]) -> Person:
    """Return whom verified `claims` speak of.

    `NotSignedIn`: a claim is missing, ill-typed or must not be there, a role is unknown, or two roles check each other.
    """
    for name in sorted(_REFUSED):
        if name in claims:
            refuse(name)
    return Person(
        id=_subject(claims),
        name=_given(claims, "name", _name, ""),
        organisation=_organisation(claims),
        roles=_roles(claims),
        holder=_given(claims, "holder", _identifier, ""),
        trained_until=_given(claims, "trained_until", instant, 0),
        member_until=_given(claims, "member_until", instant, 0),
        second_factor_at=_second_factor(claims),
    )


def session(claims: Mapping[str, Any]) -> str:
    """Return the issuer's session that the token belongs to, or ""."""
    return _given(claims, "sid", _identifier, "")


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


def _subject(claims: Mapping[str, Any]) -> StaffRef:
    """Return the person's identifier; the names under which the log knows processes are nobody's."""
    named = _identifier(claims, "sub")
    return refuse("sub") if named in _PROCESSES else StaffRef(named)


def _organisation(claims: Mapping[str, Any]) -> str:
    """Return the one organisation; membership of two groups leaves open for which the person speaks."""
    named = claims.get("organisation")
    if not isinstance(named, list):
        return _identifier(claims, "organisation")
    if len(named) != 1 or not isinstance(named[0], str) or not named[0].startswith("/"):
        refuse("organisation")
    only = {"organisation": named[0][1:]}
    return _identifier(only, "organisation") if "/" not in only["organisation"] else refuse("organisation")


def _second_factor(claims: Mapping[str, Any]) -> int:
    """Return when a second factor was proven; a time alone says nothing of how, a way alone nothing of when."""
    way = _given(claims, "acr", _identifier, "")
    at = _given(claims, "auth_time", instant, 0)
    return at if way == SECOND_FACTOR else 0


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
