"""B6: roles, purposes, directives, declarations, the time and the bundle change under a decision point that keeps what it shows."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from spe.adapters.policy_files import FOLDER
from spe.adapters.policy_point import PolicyPoint, rules
from spe.adapters.policy_pool import EnginePool
from spe.adapters.policy_previews import Previews
from spe.adapters.regopy_engine import EngineMaker
from spe.errors import Unreachable
from spe.identity.model import Role
from spe.identity.questions import read_record
from spe.policy.document import document
from spe.policy.model import Question, Verdict
from spe.request import questions as request
from tests.unit.policy.good_questions import GOOD, LATER, NOW, ROSA

_CHANGES: Final[Mapping[str, tuple[Any, ...]]] = {
    "roles": ((Role.DATA_USER,), (), (Role.AUDITOR,), (Role.DATA_USER, Role.OUTPUT_CHECKER)),
    "member_until": (LATER, NOW - 1),
    "purpose": ("e", "z", "a"),
    "current": (True, False),
    "declared": (True, False),
    "expires": (LATER, NOW),
    "now": (NOW, NOW + 1, NOW - 3600),
}


class Clock:
    """The monotonic clock of what is kept."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass(slots=True)
class Oracle:
    """A point that keeps nothing, asked once for each document."""

    point: PolicyPoint
    known: dict[bytes, bool] = field(default_factory=dict)

    def allows(self, question: Question) -> bool:
        key = json.dumps(document(question)).encode()
        if key not in self.known:
            self.known[key] = self.point.ask(question).allow
        return self.known[key]


def questions(state: Mapping[str, Any]) -> tuple[Question, ...]:
    """Return what pages would ask in this state, built as the stages build it."""
    caller = replace(ROSA, roles=state["roles"], member_until=state["member_until"])
    now, draft = state["now"], changed(GOOD["request.preflight"], purpose=state["purpose"])
    mount, case = changed(GOOD["data.mount"], expires=state["expires"]), GOOD["decision.decide"]
    declared = getattr(case, "declared") if state["declared"] else ()  # noqa: B009 - only this kind of question has it
    return (
        request.preflight(caller, getattr(draft, "request"), now),  # noqa: B009
        read_record(caller, "case", "queue", now),
        changed(mount, now=now, epoch_current=state["current"]),
        changed(case, now=now, declared=declared),
    )


def changed(question: Any, **to: Any) -> Question:
    """Return the question with these of its fields, or of the facts that it holds, as they are now."""
    own = {name: value for name, value in to.items() if hasattr(question, name)}
    for holder in ("permit", "request"):
        facts: Any = getattr(question, holder, None)
        inner = {name: value for name, value in to.items() if name not in own and hasattr(facts, name)}
        own |= {holder: replace(facts, **inner)} if inner else {}
    made: Question = replace(question, **own)
    return made


@pytest.fixture(scope="module")
def engine() -> Iterator[EnginePool]:
    made = EnginePool(EngineMaker(rules(FOLDER)[0]).make, size=2, deadline=60.0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def oracle(engine: EnginePool) -> Oracle:
    return Oracle(PolicyPoint(engine, rules(FOLDER)[1]))


def flips(times: int, point: PolicyPoint, oracle: Oracle, tick: Callable[[float], None]) -> tuple[int, int]:
    """Change one thing at a time and look; return how many shown allows, and denials, are not what holds now."""
    rng, wrong = random.Random(6), [0, 0]
    state = {name: values[0] for name, values in _CHANGES.items()}
    for _ in range(times):
        name = rng.choice(list(_CHANGES))
        state[name] = rng.choice([one for one in _CHANGES[name] if one != state[name]])
        tick(rng.choice((0.0, 0.01, 0.1)))
        asked = questions(state)
        for question, verdict in zip(asked, point.preview(asked), strict=True):
            if verdict.allow != oracle.allows(question):
                wrong[not verdict.allow] += 1
    return wrong[0], wrong[1]


class Counting(Previews):
    """Counts what is shown again."""

    hits = 0

    def find(self, question: Question) -> Verdict | None:
        found = super().find(question)
        self.hits += found is not None
        return found


def test_of_10000_changes_none_is_overlooked_by_what_is_shown(engine: EnginePool, oracle: Oracle) -> None:
    clock = Clock()

    def tick(seconds: float) -> None:
        clock.at += seconds

    # Kept for far longer than in use, so that most of what is looked at is shown again.
    previews = Counting(seconds=300.0, now=clock)
    point = PolicyPoint(engine, rules(FOLDER)[1], previews)
    allows, denials = flips(10_000, point, oracle, tick)
    print(
        f"B6: {allows} stale allows, {denials} stale denials; {previews.hits} of 40000 verdicts shown again"
    )
    assert (allows, denials) == (0, 0)
    assert previews.hits > 30_000


class Forgetful(Previews):
    """Takes a question for another of the same gate, as a key would that leaves something out."""

    def __init__(self, leaving_out: str) -> None:
        super().__init__(seconds=30.0)
        self.leaving_out = leaving_out
        self.by: dict[str, Verdict] = {}

    def _key(self, question: Any) -> Any:
        known = document(question)
        known.pop(self.leaving_out, None)
        return json.dumps(known)

    def find(self, question: Question) -> Verdict | None:
        return self.by.get(self._key(question))

    def keep(self, question: Question, verdict: Verdict) -> None:
        self.by[self._key(question)] = verdict


@pytest.mark.parametrize("leaving_out", ["caller", "request", "epoch_current", "declared", "permit", "now"])
def test_a_key_that_leaves_anything_out_is_found_out(
    engine: EnginePool, oracle: Oracle, leaving_out: str
) -> None:
    point = PolicyPoint(engine, rules(FOLDER)[1], Forgetful(leaving_out))
    assert flips(400, point, oracle, lambda _: None)[0] > 0


def test_what_is_kept_is_of_one_bundle_and_never_over_a_second_old() -> None:
    clock, question = Clock(), GOOD["run.stop"]
    asked: list[int] = []

    class Engine:
        def __init__(self, bundle: str) -> None:
            self.bundle = bundle

        def ask_each(self, documents: Any) -> list[bytes]:
            asked.append(len(documents))
            said = {"allow": True, "gate": "run.stop", "reasons": [], "obligations": [], "profile": {}}
            return [json.dumps({**said, "bundle": self.bundle}).encode() for _ in documents]

        def close(self) -> None:
            pass

    _, known = rules(FOLDER)
    old, new = (PolicyPoint(Engine(one), replace(known, bundle=one), Previews(now=clock)) for one in "ab")
    assert [point.preview((question,))[0].bundle for point in (old, new, old, new)] == ["a", "b", "a", "b"]
    assert len(asked) == 2
    clock.at += 0.999
    assert old.preview((question,))[0].allow
    assert len(asked) == 2
    clock.at += 0.002
    assert old.preview((question,))[0].allow
    assert len(asked) == 3


@pytest.mark.parametrize("code", ["policy_unreachable", "policy_undefined", "policy_other_bundle"])
def test_what_was_no_answer_is_not_kept(code: str) -> None:
    answers = {
        "policy_unreachable": None,
        "policy_undefined": b"{}",
        "policy_other_bundle": json.dumps(
            {
                "allow": True,
                "gate": "run.stop",
                "reasons": [],
                "obligations": [],
                "profile": {},
                "bundle": "x",
            }
        ).encode(),
    }
    asked: list[int] = []

    class Engine:
        def ask_each(self, documents: Any) -> list[bytes]:
            asked.append(1)
            said = answers[code]
            if said is None:
                raise Unreachable("gone")
            return [said] * len(documents)

        def close(self) -> None:
            pass

    point = PolicyPoint(Engine(), rules(FOLDER)[1])
    for _ in range(2):
        assert [reason.code for reason in point.preview((GOOD["run.stop"],))[0].reasons] == [code]
    assert len(asked) == 2
