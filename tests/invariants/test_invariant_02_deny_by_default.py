"""Deny by default: only a literal allow, from the expected gate and bundle, allows; everything else is a denial that says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from spe.adapters import policy_point
from spe.adapters.policy_point import PolicyPoint
from spe.errors import Unreachable
from spe.policy.judge import Known, denial
from spe.policy.judge import judge as judge_strictly
from spe.policy.model import Question, Verdict
from tests.unit.policy.good_questions import GOOD

GATE = "run.stop"
KNOWN = Known("b" * 64, frozenset({"role_missing"}), frozenset())
ALLOW: Mapping[str, Any] = {
    "allow": True, "gate": GATE, "reasons": [], "obligations": [], "profile": {}, "bundle": "b" * 64,
}  # fmt: skip
BAD: Mapping[str, bytes] = {
    "nothing": b"",
    "undefined": b"{}",
    "a bare true": b"true",
    "a truthy allow": json.dumps({**ALLOW, "allow": 1}).encode(),
    "allow as text": json.dumps({**ALLOW, "allow": "true"}).encode(),
    "another gate": json.dumps({**ALLOW, "gate": "run.start"}).encode(),
    "another bundle": json.dumps({**ALLOW, "bundle": "c" * 64}).encode(),
    "an extra field": json.dumps({**ALLOW, "also": True}).encode(),
    "a missing field": json.dumps({name: ALLOW[name] for name in ALLOW if name != "profile"}).encode(),
    "an unknown obligation": json.dumps({**ALLOW, "obligations": [{"code": "new", "params": {}}]}).encode(),
    "an allow with a reason": json.dumps(
        {**ALLOW, "reasons": [{"code": "role_missing", "params": {}}]}
    ).encode(),
    "allow said twice": json.dumps(ALLOW)
    .encode()
    .replace(b'{"allow": true', b'{"allow": false, "allow": true', 1),
    "a broken answer": json.dumps(ALLOW).encode()[:-1],
}


@dataclass(slots=True)
class Engine:
    """Answers what it is told to answer, or not at all."""

    answer: bytes | None

    def ask_each(self, documents: Sequence[Mapping[str, Any]]) -> list[bytes]:
        if self.answer is None:
            raise Unreachable("late")
        return [self.answer] * len(documents)

    def close(self) -> None:
        return None


def holds() -> None:
    """Ask engines that give every kind of bad answer, and one that never answers."""
    question = GOOD[GATE]
    assert PolicyPoint(Engine(json.dumps(ALLOW).encode()), KNOWN).ask(question).allow
    for what, answer in BAD.items():
        verdict = PolicyPoint(Engine(answer), KNOWN).ask(question)
        assert verdict.allow is False, f"{what} allowed"
        assert [reason.code[:7] for reason in verdict.reasons] == ["policy_"], (
            f"{what} is denied without a word"
        )
    late = PolicyPoint(Engine(None), KNOWN).ask(question)
    assert late.allow is False, "an engine that does not answer allowed"
    assert [reason.code for reason in late.reasons] == ["policy_unreachable"]


def test_only_a_literal_allow_allows() -> None:
    holds()


def _truthy(patch: pytest.MonkeyPatch) -> None:
    """The judge takes whatever is truthy at `allow`."""

    def judge(answer: bytes, gate: str, known: Known) -> Verdict:
        try:
            said = json.loads(answer)
            return Verdict(gate, bool(said["allow"]), (), (), {}, known.bundle)
        except (ValueError, TypeError, KeyError):
            return denial(gate, known, "policy_malformed")

    patch.setattr(policy_point, "judge", judge)


def _any_bundle(patch: pytest.MonkeyPatch) -> None:
    """The judge believes an answer of whatever bundle."""
    real = judge_strictly

    def judge(answer: bytes, gate: str, known: Known) -> Verdict:
        return real(answer.replace(b"c" * 64, b"b" * 64), gate, known)

    patch.setattr(policy_point, "judge", judge)


def _open_when_down(patch: pytest.MonkeyPatch) -> None:
    """An engine that does not answer is taken for a yes."""
    real = PolicyPoint.ask

    def ask(self: PolicyPoint, question: Question) -> Verdict:
        verdict = real(self, question)
        down = any(reason.code == "policy_unreachable" for reason in verdict.reasons)
        return Verdict(verdict.gate, True, (), (), {}, verdict.bundle) if down else verdict

    patch.setattr(PolicyPoint, "ask", ask)


@pytest.mark.parametrize("broken", [_truthy, _any_bundle, _open_when_down])
def test_it_is_seen_when(
    monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        holds()
