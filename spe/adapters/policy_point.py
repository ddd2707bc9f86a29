"""The decision point that every use case asks: the engine pool behind the strict judge (NIST SP 800-162: PDP)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from spe.adapters.policy_files import FOLDER, read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.policy_pool import EnginePool
from spe.adapters.policy_previews import Previews
from spe.adapters.regopy_engine import EngineMaker
from spe.errors import Malformed, Unreachable
from spe.policy.bundle import Bundle, build
from spe.policy.document import document
from spe.policy.judge import Known, denial, judge
from spe.policy.messages import catalogue
from spe.policy.model import DecisionPoint, Question, Verdict
from spe.policy.profiles import OBLIGATIONS
from spe.policy.unasked import FAULTS, UNREACHABLE, Unasked

MOST_AT_ONCE = 100
_MALFORMED = "malformed_question"


class Asked(Protocol):
    """Whatever gives raw answers to documents: a pool of embedded engines, or a policy server."""

    def ask_each(self, documents: Sequence[Mapping[str, Any]]) -> list[bytes]:
        """Return one raw answer to each document, in their order; `Unreachable` when there is none in time."""
        ...

    def close(self) -> None:
        """Take no further question."""
        ...


class PolicyPoint(DecisionPoint):
    """Asks the engine and judges its answer; whatever goes wrong on the way is a denial that says so."""

    def __init__(self, engine: Asked, known: Known, previews: Previews | None = None) -> None:
        self._engine = engine
        self._known = known
        self._previews = previews or Previews()

    def ask(self, question: Question) -> Verdict:
        """Return the verdict; never raises."""
        return self.ask_each((question,))[0]

    def ask_each(self, questions: Sequence[Question]) -> tuple[Verdict, ...]:
        """Return the verdicts, a hundred in one exchange; never raises."""
        parts = (questions[at : at + MOST_AT_ONCE] for at in range(0, len(questions), MOST_AT_ONCE))
        return tuple(verdict for part in parts for verdict in self._judged(part))

    def preview(self, questions: Sequence[Question]) -> tuple[Verdict, ...]:
        """Return verdicts to be shown; those given to the very same question within the last second are not asked for again."""
        found = {question: self._previews.find(question) for question in questions}
        asked = tuple(question for question, verdict in found.items() if verdict is None)
        for question, verdict in zip(asked, self.ask_each(asked), strict=True):
            found[question] = verdict
            if not any(reason.code in FAULTS for reason in verdict.reasons):
                self._previews.keep(question, verdict)
        return tuple(known for question in questions if (known := found[question]) is not None)

    def _judged(self, questions: Sequence[Question]) -> Iterator[Verdict]:
        documents = [_document(question) for question in questions]
        answers = iter(self._answers([one for one in documents if one is not None]))
        for question, one in zip(questions, documents, strict=True):
            answer = _MALFORMED if one is None else next(answers)
            if isinstance(answer, str):
                yield denial(question.gate, self._known, answer)
            else:
                yield judge(answer, question.gate, self._known)

    def _answers(self, documents: Sequence[Mapping[str, Any]]) -> Sequence[bytes | str]:
        """Return the raw answers, or for each the code that says why there is none."""
        if not documents:
            return ()
        try:
            return self._engine.ask_each(documents)
        except Malformed:
            code = _MALFORMED
        except Unasked as why:
            code = why.code
        except Unreachable:
            code = UNREACHABLE
        return [code] * len(documents)

    def bundle(self) -> str:
        """Return the SHA-256 of the bundle in force."""
        return self._known.bundle

    def close(self) -> None:
        """Take no further question."""
        self._engine.close()


def _document(question: Question) -> Mapping[str, Any] | None:
    try:
        return document(question)
    except Malformed:
        return None


def embedded_point(
    folder: Path = FOLDER,
    cache: Path | None = None,
    *,
    size: int = 2,
    waiting: int = 64,
    deadline: float = 1.5,
) -> PolicyPoint:
    """Return the decision point on the policies in `folder`, with `size` embedded engines.

    The compiled bundle is kept in `cache` (by default for this process only). `deadline` is in seconds. `Malformed`:
    a policy file is broken; `Unreachable`: the policies are missing or don't compile.
    """
    bundle, known = rules(folder)
    maker = EngineMaker(bundle, cache)
    return PolicyPoint(EnginePool(maker.make, size=size, waiting=waiting, deadline=deadline), known)


def rules(folder: Path) -> tuple[Bundle, Known]:
    """Return the bundle of the policies in `folder`, and what its answers may contain; errors as for `embedded_point`."""
    sources = read_sources(folder)
    bundle = build(sources, QUESTIONS)
    codes = frozenset(code for code, text in catalogue(sources).items() if not text.obligation)
    return bundle, Known(bundle.digest, codes, OBLIGATIONS)
