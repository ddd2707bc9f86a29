"""What a subject is told: values only, each with the entries of the log that it can be checked by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Certainty(StrEnum):
    """How sure it is that a use had the subject's data.

    Proven: worked out again from dataset and directives, the whole cohort has the digest that the log holds.
    Recomputed: the directives say so, but the whole could not be held to the digest (others were erased since, say).
    """

    PROVEN = "proven"
    RECOMPUTED = "recomputed"


@dataclass(frozen=True, slots=True)
class DatasetTold:
    """A dataset that the holder has here; whether the subject has a row in it the holder knows."""

    id: str
    title: str
    organisation: str
    country: str
    identifiability: str


@dataclass(frozen=True, slots=True)
class AnswerTold:
    """How one holder of data answered a directive, and the entry of the receipt."""

    holder: str
    thing: str
    action: str
    at: str
    entry: int


@dataclass(frozen=True, slots=True)
class DirectiveTold:
    """What the subject said, from when on it holds, and how everybody answered."""

    kind: str
    purpose: str
    effective: str
    recorded: str
    entry: int
    answers: tuple[AnswerTold, ...]


@dataclass(frozen=True, slots=True)
class StepTold:
    """Something that was done in a use with data among which the subject's were; `what` is the entry's type."""

    what: str
    thing: str
    at: str
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UseTold:
    """A use under a permit whose cohort had the subject's data: why, by what law, by whom, how long, and what was done."""

    permit: str
    route: str
    purpose: str
    legal_basis: str
    article_9: str
    deciding: str
    providing: str
    using: str
    recipients: tuple[str, ...]
    dataset: str
    fields: tuple[str, ...]
    issued: str
    expires: str
    status: str
    certainty: Certainty
    steps: tuple[StepTold, ...]


@dataclass(frozen=True, slots=True)
class LookTold:
    """Somebody looked up what the log says of the subject, or was told what this report tells."""

    what: str
    organisation: str
    role: str
    at: str
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer to GDPR Art. 15(1), as of a log of `size` entries; every instant with its zone."""

    holder: str
    subject: str
    at: str
    size: int
    datasets: tuple[DatasetTold, ...]
    directives: tuple[DirectiveTold, ...]
    uses: tuple[UseTold, ...]
    looks: tuple[LookTold, ...]
