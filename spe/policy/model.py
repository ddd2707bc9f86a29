"""A Question is what policy is asked, a Verdict what it answers (XACML: request and decision)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from spe.errors import Reason


class Question:
    """A complete question at one gate; subclasses are frozen dataclasses in a stage's `questions.py`.

    Fields are text, whole numbers, truth values, tuples and nested dataclasses of those, never None: a field that
    a rule depends on is always there. Instants are whole seconds since 1970.
    """

    gate: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty attached to a verdict; an obligation nobody knows denies."""

    code: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The machine's answer: allowed or not, why, what it obliges to, and a closed profile where one was asked for.

    `id` names it in the decision point's journal and in the entries that rest on it.
    """

    gate: str
    allow: bool
    reasons: tuple[Reason, ...]
    obligations: tuple[Obligation, ...]
    profile: Mapping[str, Any]
    bundle: str
    id: str = ""


class DecisionPoint(Protocol):
    """The policy engine behind its strict judge (NIST SP 800-162: PDP)."""

    def ask(self, question: Question) -> Verdict:
        """Return the verdict; anything but a literal allow of the expected bundle comes back as a denial."""
        ...

    def ask_each(self, questions: Sequence[Question]) -> tuple[Verdict, ...]:
        """Return what `ask` would of each of `questions`, in their order, in few exchanges: one that fails denies all in it."""
        return tuple(map(self.ask, questions))

    def preview(self, questions: Sequence[Question]) -> tuple[Verdict, ...]:
        """Return verdicts to be shown, never acted on: the very same question may have been answered a second ago."""
        return self.ask_each(questions)

    def bundle(self) -> str:
        """Return the SHA-256 of the bundle in force."""
        ...
