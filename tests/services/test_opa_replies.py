"""B1 in full: ten thousand replies that are no answer, over the wire; none allows, and each is denied by a name we know."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from spe.policy import unasked
from tests.attacks.policy_replies import hostile_point, malformed
from tests.unit.policy.good_questions import GOOD

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]


def test_of_ten_thousand_malformed_replies_none_allows() -> None:
    rng, told = random.Random(7), Counter[str]()
    with hostile_point() as (server, point):
        for _ in range(10_000):
            said = malformed(rng)
            server.reply = lambda _, said=said: said  # type: ignore[misc]
            verdict = point.ask(GOOD["run.stop"])
            assert not verdict.allow, said[:2000]
            told.update(reason.code for reason in verdict.reasons)
    print(dict(told))
    assert sum(told.values()) == 10_000
    assert set(told) <= unasked.FAULTS
