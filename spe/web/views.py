"""Small bodies and answers that only the API has; everything else is a stage's own value."""

from __future__ import annotations

from dataclasses import dataclass

from spe.decision.model import Conditions, OpinionKind
from spe.identity.model import Role
from spe.output.model import Answer


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason as people read it: what is wrong, by which provision, and what mends it."""

    code: str
    title: str
    message: str
    remedy: str
    reference: str


@dataclass(frozen=True, slots=True)
class Me:
    """What the caller's own token says of them, and where what waits for their roles is read; times are seconds since 1970."""

    id: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    holder: str
    trained_until: int
    member_until: int
    second_factor_at: int
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preflighted:
    """What policy would say to a draft."""

    allowed: bool
    reasons: tuple[Explained, ...]
    obligations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """An RFC 9457 problem; `gate` and `reasons` are there when policy refused."""

    type: str
    title: str
    status: int
    detail: str
    correlation: str
    gate: str = ""
    reasons: tuple[Explained, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; a repetition of the call hears only the first three."""

    id: str
    status: str
    index: int
    taken: int
    refused: tuple[RefusedLine, ...]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A refused line (the header is line 1) and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class OpinionGiven:
    """A committee member's opinion."""

    kind: OpinionKind
    favourable: bool
    text: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A committee member's word on a conflict of interest."""

    conflict: bool
    text: str


@dataclass(frozen=True, slots=True)
class Voted:
    """A blind first vote."""

    favour: bool
    rationale: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The chair's decision with its reasoned letter; `conditions` are what a grant is bound to."""

    grant: bool
    letter: str
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Said:
    """A reason, grounds, a reply, a justification or an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a legal hold is to be placed on (an identifier, a subject, or `log` for all of it), and why."""

    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToErase:
    """A subject of the holder, and the letter of GDPR Art. 17(1) on whose ground their traces are to be erased."""

    subject: str
    ground: str


@dataclass(frozen=True, slots=True)
class Purged:
    """From before when entries are to go: how long ago (`11mo`, `2y`, `90d`), or an instant with its zone."""

    before: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The digest that the caller saw and speaks of."""

    digest: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An output checker's answer on the bytes whose digest is `sha256`."""

    answer: Answer
    sha256: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Approved outputs of one permit at one site that are to be released together."""

    permit: str
    site: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement exactly as it was signed, and the content of its signature file."""

    statement: str
    signature: str


@dataclass(frozen=True, slots=True)
class PersonaAsked:
    """Who to sign in as, and whether the token shall say that they just proved a second factor."""

    persona: str
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token."""

    token: str
