"""A Question is what policy is asked, a Verdict what it answers (XACML: request and decision)."""

from __future__ import annotations

from collections.abc import Mapping
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

    def bundle(self) -> str:
        """Return the SHA-256 of the bundle in force."""
        ...
