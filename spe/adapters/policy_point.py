"""The decision point that every use case asks: the engine pool behind the strict judge (NIST SP 800-162: PDP)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from spe.adapters.policy_files import FOLDER, read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.policy_pool import EnginePool
from spe.adapters.regopy_engine import EngineMaker
from spe.errors import Malformed, Unreachable
from spe.policy.bundle import Bundle, build
from spe.policy.document import document
from spe.policy.judge import Known, denial, judge
from spe.policy.messages import catalogue
from spe.policy.model import Question, Verdict
from spe.policy.profiles import OBLIGATIONS
from spe.policy.unasked import UNREACHABLE, Unasked


class Asked(Protocol):
    """Whatever gives a raw answer to a document: a pool of embedded engines, or a policy server."""

    def ask(self, document: Mapping[str, Any]) -> bytes:
        """Return the raw answer; `Unreachable` when there is none in time."""
        ...

    def close(self) -> None:
        """Take no further question."""
        ...


class PolicyPoint:
    """Asks the engine and judges its answer; whatever goes wrong on the way is a denial that says so."""

    def __init__(self, engine: Asked, known: Known) -> None:
        self._engine = engine
        self._known = known

    def ask(self, question: Question) -> Verdict:
        """Return the verdict; never raises."""
        gate = question.gate
        try:
            answer = self._engine.ask(document(question))
        except Malformed:
            return denial(gate, self._known, "malformed_question")
        except Unasked as why:
            return denial(gate, self._known, why.code)
        except Unreachable:
            return denial(gate, self._known, UNREACHABLE)
        return judge(answer, gate, self._known)

    def bundle(self) -> str:
        """Return the SHA-256 of the bundle in force."""
        return self._known.bundle

    def close(self) -> None:
        """Take no further question."""
        self._engine.close()


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
