"""The decision point with a journal of its own: nothing is decided that leaves no line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from spe.adapters.journal import Journal
from spe.errors import Reason, Unreachable
from spe.policy.model import DecisionPoint, Question, Verdict
from spe.policy.trail import Why, current
from spe.policy.unasked import UNREACHABLE


@dataclass(frozen=True, slots=True)
class JournaledPoint(DecisionPoint):
    """`DecisionPoint` over another; a decision's id is its line: process and number. No line says who was asked about."""

    point: DecisionPoint
    journal: Journal

    def ask(self, question: Question) -> Verdict:
        """Return the verdict with its id; never raises: without a line the answer is a denial."""
        return self._noted(self.point.ask(question))

    def ask_each(self, questions: Sequence[Question]) -> tuple[Verdict, ...]:
        """Return the verdicts, each with its id and line."""
        return tuple(map(self._noted, self.point.ask_each(questions)))

    def preview(self, questions: Sequence[Question]) -> tuple[Verdict, ...]:
        """Return the verdicts, each with an id and line of its own, whenever it was given."""
        return tuple(map(self._noted, self.point.preview(questions)))

    def bundle(self) -> str:
        """Return the SHA-256 of the bundle in force."""
        return self.point.bundle()

    def _noted(self, verdict: Verdict) -> Verdict:
        try:
            number = self.journal.write(
                gate=verdict.gate,
                allow=verdict.allow,
                reasons=[reason.code for reason in verdict.reasons],
                bundle=verdict.bundle,
            )
        except Unreachable:
            return Verdict(verdict.gate, False, (Reason(UNREACHABLE),), (), {}, verdict.bundle)
        id_ = f"{self.journal.process}.{number}"
        trail = current()
        if trail is not None:
            trail.took(id_, verdict.gate, self._lapsed)
        return replace(verdict, id=id_)

    def _lapsed(self, ids: tuple[str, ...], why: Why) -> None:
        # A line that can't be written leaves these decisions unexplained, which is what they then are.
        with suppress(Unreachable):
            for at in range(0, len(ids), 64):
                self.journal.write(lapsed=list(ids[at : at + 64]), why=why)
