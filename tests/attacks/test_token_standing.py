from __future__ import annotations

from typing import Any

import pytest

from spe.adapters.signed_claims import LONGEST_LIFE, Expected
from spe.adapters.tokens import CACHED, TokenVerifier
from spe.errors import Unreachable
from tests.attacks.forger import (
    GOOD,
    ISSUER,
    KEY,
    NOW,
    OTHER,
    jwks,
    refused,
    signed,
    swapped_algorithms,
    verifier,
    with_claim,
)
from tests.fakes import FixedClock


def test_a_token_of_an_ended_session_is_refused_at_once_and_no_other() -> None:
    clock = FixedClock()
    judge = verifier(clock)
    mine, other = with_claim("sid", "s-1"), with_claim("sid", "s-2")
    judge.verify(mine)
    judge.end(session="s-1")
    refused(mine, judge)
    assert judge.verify(other).id == "anna.ricci"
    assert judge.verify(signed()).id == "anna.ricci"
    clock.go_on(CACHED)
    refused(mine, judge)


def test_tokens_that_a_person_had_when_they_were_removed_are_refused_and_later_ones_taken() -> None:
    clock = FixedClock()
    judge = verifier(clock)
    judge.verify(signed())
    judge.end(subject="anna.ricci")
    refused(signed(), judge)
    assert judge.verify(with_claim("sub", "jonas.weber")).id == "jonas.weber"
    clock.go_on(1)
    assert judge.verify(with_claim("iat", NOW + 1)).id == "anna.ricci"


def test_ends_are_kept_as_long_as_any_token_can_live() -> None:
    clock = FixedClock()
    judge = verifier(clock)
    judge.end(session="s-1")
    clock.go_on(LONGEST_LIFE)
    judge.end(session="s-2")
    assert len(judge._ended) == 2
    clock.go_on(1)
    judge.end(session="s-3")
    assert len(judge._ended) == 2


class Standing:
    """An issuer that is asked whether it stands by a token."""

    def __init__(self, said: Any = GOOD) -> None:
        self.said = said
        self.asked = 0

    def __call__(self, _token: str) -> Any:
        self.asked += 1
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def standing_verifier(clock: FixedClock, standing: Standing) -> TokenVerifier:
    return TokenVerifier(Expected(ISSUER, "spe"), lambda: jwks(KEY), clock, standing)


def test_an_issuer_that_withdraws_a_token_is_heard_within_thirty_seconds() -> None:
    clock, standing = FixedClock(), Standing()
    judge = standing_verifier(clock, standing)
    judge.verify(signed())
    standing.said = None
    clock.go_on(CACHED - 1)
    assert judge.verify(signed()).id == "anna.ricci"
    clock.go_on(1)
    refused(signed(), judge)


@pytest.mark.parametrize(
    "now",
    [
        {"member_until": 7},
        {"trained_until": 7},
        {"roles": ["auditor"]},
        {"roles": []},
        {"organisation": "elsewhere"},
        {"holder": "hospital-milano"},
        {"sub": "jonas.weber"},
        {"acr": "second-factor", "auth_time": NOW},
    ],
)
def test_a_token_whose_issuer_now_says_something_else_of_the_person_is_refused(now: dict[str, Any]) -> None:
    refused(signed(), standing_verifier(FixedClock(), Standing({**GOOD, **now})))


@pytest.mark.parametrize("said", [{}, {"active": True}, {**GOOD, "act": {"sub": "x"}}])
def test_an_answer_that_does_not_say_of_whom_is_no_standing(said: dict[str, Any]) -> None:
    refused(signed(), standing_verifier(FixedClock(), Standing(said)))


def test_an_issuer_is_asked_once_in_thirty_seconds_of_a_token_whatever_it_says() -> None:
    clock, standing = FixedClock(), Standing()
    judge = standing_verifier(clock, standing)
    for _ in range(100):
        judge.verify(signed())
    assert standing.asked == 1
    standing.said = None
    clock.go_on(CACHED)
    for _ in range(100):
        refused(signed(), judge)
    assert standing.asked == 2


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_no_forged_token_reaches_the_issuer() -> None:
    standing = Standing()
    judge = standing_verifier(FixedClock(), standing)
    for token in (
        *swapped_algorithms(),
        signed(key=OTHER),
        with_claim("aud", "other"),
        with_claim("exp", NOW - 99),
    ):
        refused(token, judge)
    assert standing.asked == 0


def test_an_issuer_that_does_not_answer_opens_nothing_and_is_told_apart() -> None:
    clock, standing = FixedClock(), Standing(Unreachable("down"))
    judge = standing_verifier(clock, standing)
    with pytest.raises(Unreachable):
        judge.verify(signed())
    standing.said = GOOD
    assert judge.verify(signed()).id == "anna.ricci"
