"""A subject's directives, and which subjects they take out of a use.

The ledger of one holder is append-only but for erasures; its `epoch` is the number of directives and erasures in it. Later
directives of the same kind and scope replace earlier ones; between contradicting ones the most restrictive wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from spe.audit.events import Event
from spe.audit.events.erasure import SubjectErased, SubjectKeyDestroyed
from spe.errors import Malformed


def subject_name(holder: str, subject: str) -> str:
    """Return a subject's name in the whole installation: pseudonyms are unique at their holder only."""
    return f"{holder}/{subject}"


class DirectiveKind(StrEnum):
    """What a subject may say (GDPR Art. 6(1)(a), 7(3), 18, 21; EHDS Art. 71)."""

    CONSENT = "consent"
    WITHDRAWAL = "withdrawal"
    OPT_OUT = "opt_out"
    OPT_IN_AGAIN = "opt_in_again"
    OBJECTION = "objection"
    RESTRICTION = "restriction"
    RESTRICTION_LIFTED = "restriction_lifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One line of a holder's ledger; `purpose` is an EHDS Art. 53(1) letter or "*" for all; instants in seconds."""

    table: ClassVar[str] = "directive"
    indexed: ClassVar[tuple[str, ...]] = ("holder", "subject", "epoch")

    id: str
    holder: str
    subject: str
    kind: DirectiveKind
    purpose: str
    effective: int
    recorded: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The head of one holder's ledger; every import moves it on, so whoever relied on an epoch notices."""

    table: ClassVar[str] = "ledger"
    indexed: ClassVar[tuple[str, ...]] = ()

    id: str
    epoch: int = 0


class ErasureStatus(StrEnum):
    """How far an erasure is: from `forgotten` on no record tells whose it was, in `done` no file of the database does."""

    ORDERED = "ordered"
    FORGOTTEN = "forgotten"
    DONE = "done"


class ErasureCommand(StrEnum):
    """What the worker does with an erasure."""

    FORGET = "forget"
    FINISH = "finish"


TRANSITIONS: Mapping[tuple[ErasureStatus, ErasureCommand], ErasureStatus] = {
    (ErasureStatus.ORDERED, ErasureCommand.FORGET): ErasureStatus.FORGOTTEN,
    (ErasureStatus.FORGOTTEN, ErasureCommand.FINISH): ErasureStatus.DONE,
}
LEAVES: Mapping[ErasureCommand, type[Event]] = {
    ErasureCommand.FORGET: SubjectKeyDestroyed,
    ErasureCommand.FINISH: SubjectErased,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A subject whose traces are erased and who stays out of every cohort from then on; instants in seconds.

    `hidden` is the subject's keyed digest, all that is kept of them: without it nobody could go on to leave them out.
    `subject` is "" once the key is destroyed. `ground` is a letter of GDPR Art. 17(1).
    """

    table: ClassVar[str] = "erasure"
    indexed: ClassVar[tuple[str, ...]] = ("holder", "hidden", "status")

    id: str
    holder: str
    hidden: str
    subject: str
    ground: str
    asked: int
    done: int = 0
    status: ErasureStatus = ErasureStatus.ORDERED


@dataclass(frozen=True, slots=True)
class DirectiveProfile:
    """How directives are to be applied to one cohort: a closed, versioned answer of policy.

    `needs_consent`: only subjects with a consent in force are in. `excluding`: kinds that take a subject out.
    `until`: directives effective after this instant are not applied (an EHDS opt-out spares granted permits), 0: all.
    """

    version: int
    needs_consent: bool
    excluding: tuple[DirectiveKind, ...]
    sparing: tuple[DirectiveKind, ...]
    until: int

    @classmethod
    def parse(cls, profile: Mapping[str, Any]) -> DirectiveProfile:
        """Read policy's profile strictly; raise `Malformed` for any other shape."""
        try:
            known = {"version", "needs_consent", "excluding", "sparing", "until"}
            if set(profile) != known or profile["version"] != 1 or type(profile["needs_consent"]) is not bool:
                raise Malformed("the directive profile has an unknown form")
            return cls(
                version=1,
                needs_consent=profile["needs_consent"],
                excluding=tuple(sorted(DirectiveKind(kind) for kind in profile["excluding"])),
                sparing=tuple(sorted(DirectiveKind(kind) for kind in profile["sparing"])),
                until=int(profile["until"]),
            )
        except (KeyError, TypeError, ValueError) as cause:
            raise Malformed("the directive profile has an unknown form") from cause


_ENDS = {
    DirectiveKind.CONSENT: DirectiveKind.WITHDRAWAL,
    DirectiveKind.OPT_OUT: DirectiveKind.OPT_IN_AGAIN,
    DirectiveKind.RESTRICTION: DirectiveKind.RESTRICTION_LIFTED,
}


def allowed(
    subjects: Iterable[str],
    directives: Iterable[Directive],
    profile: DirectiveProfile,
    purpose: str,
    now: int,
) -> frozenset[str]:
    """Return those of `subjects` that the directives leave in, under `profile`, for `purpose`, at `now`."""
    said: dict[str, list[Directive]] = {}
    for directive in directives:
        if directive.purpose in {purpose, "*"} and directive.effective <= now:
            said.setdefault(directive.subject, []).append(directive)
    return frozenset(subject for subject in subjects if _may_use(said.get(subject, ()), profile))


def _may_use(directives: Iterable[Directive], profile: DirectiveProfile) -> bool:
    heard = [
        directive
        for directive in directives
        if not (profile.until and directive.kind in profile.sparing and directive.effective > profile.until)
    ]
    if profile.needs_consent and not _in_force(heard, DirectiveKind.CONSENT):
        return False
    return not any(_in_force(heard, kind) for kind in profile.excluding)


def _in_force(directives: Iterable[Directive], kind: DirectiveKind) -> bool:
    """Say whether the last word on `kind` is that kind itself; at one instant the restrictive word is the last."""
    ending = _ENDS.get(kind)
    words = [directive for directive in directives if directive.kind in {kind, ending}]
    if not words:
        return False
    permissive = kind if kind is DirectiveKind.CONSENT else ending
    last = max(words, key=lambda word: (word.effective, word.kind is not permissive, word.epoch))
    return last.kind is kind
