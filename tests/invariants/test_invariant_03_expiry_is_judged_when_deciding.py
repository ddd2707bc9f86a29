"""Expiry is judged when deciding, from a clock passed in: one second makes the difference, and no timer."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from spe.policy.model import DecisionPoint, Question
from tests.invariants.breaking import changed_policies, policy_point
from tests.unit.policy.good_questions import GOOD, PERMIT

# What may still be done about a permit that is over: end it, stop what runs under it, fetch what was released.
AFTERWARDS = frozenset({"permit.act", "run.stop", "release.get"})


def holds(point: DecisionPoint) -> None:
    """Ask every question about a permit in its last second, and in the second after."""
    asked = [one for gate, one in GOOD.items() if "permit" in {field.name for field in fields(one)}]  # type: ignore[arg-type]
    judged = 0
    for question in asked:
        assert point.ask(_at(question, PERMIT.expires - 1)).allow, (
            f"{question.gate} is refused in the last second"
        )
        after = point.ask(_at(question, PERMIT.expires))
        if question.gate not in AFTERWARDS:
            judged += 1
            assert not after.allow, f"{question.gate} is allowed after the permit's end"
            assert "permit_expired" in {reason.code for reason in after.reasons}
    assert judged >= 8


def test_from_the_last_second_on_every_gate_refuses() -> None:
    with policy_point() as point:
        holds(point)


def test_it_is_seen_when_the_rules_forget_to_look_at_the_clock(tmp_path: Path) -> None:
    """The bundle's one rule on expiry never fires."""
    folder = changed_policies(
        tmp_path / "policies",
        "permit/standing/standing.rego",
        '"params": {}} if not running',
        '"params": {}} if false',
    )
    with policy_point(folder) as point, pytest.raises(AssertionError, match="after the permit's end"):
        holds(point)


def _at(question: Question, now: int) -> Question:
    """Return the question as whoever has just signed in asks it at `now`."""
    caller = replace(question.caller, second_factor_at=now)  # type: ignore[attr-defined]
    return replace(question, now=now, caller=caller)  # type: ignore[type-var]
