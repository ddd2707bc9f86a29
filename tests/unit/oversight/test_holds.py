from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.audit.events.hold import HoldPlaced
from spe.errors import Denied, Malformed, NotFound, NotNow
from spe.identity.model import Role
from spe.ids import new_id
from spe.oversight.holds import HoldDesk, holds_in_force, holds_on
from spe.oversight.model import EVERYTHING, Hold, HoldStatus
from spe.oversight.retention import LEAST, NEVER, RetentionDesk, forbidden, reached_back
from spe.policy.enforce import Enforcer
from spe.policy.model import DecisionPoint, Verdict
from spe.request.model import AccessRequest
from tests.attacks.test_review_access_world import Desk, desk
from tests.unit.policy.good_questions import AUDITOR, NOW, PERMIT, REQUEST, ROSA, person

OPERATOR = person("otto", "spe", Role.OPERATOR)
AT = datetime.fromtimestamp(NOW, UTC)
THING = new_id("pm", AT)


def codes(error: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {reason.code for reason in error.value.reasons}


def test_a_hold_is_in_force_until_it_is_lifted() -> None:
    here = desk()
    done = HoldDesk(here.pep).place(OPERATOR, "mi-0001", "claim 7 of the patient")
    assert [one.id for one in holds_on(here.store, "mi-0001")] == [done.id]
    assert holds_on(here.store, "mi-0002") == ()
    assert holds_in_force(here.store) == 1
    HoldDesk(here.pep).lift(AUDITOR, done.id, "claim settled")
    assert holds_on(here.store, "mi-0001") == ()
    assert holds_in_force(here.store) == 0
    kept = here.value(Hold, done.id)
    assert (kept.status, kept.lifted_by, kept.lifted_why) == (HoldStatus.LIFTED, "ada", "claim settled")


def test_a_hold_on_the_log_is_a_hold_on_everything() -> None:
    here = desk()
    HoldDesk(here.pep).place(AUDITOR, EVERYTHING, "inquiry")
    assert len(holds_on(here.store, "whatever")) == 1
    assert len(holds_on(here.store, EVERYTHING)) == 1


def test_the_log_holds_neither_the_reason_nor_the_subject_in_clear() -> None:
    here = desk()
    done = HoldDesk(here.pep).place(AUDITOR, "mi-0001", "claim of Ada Bianchi")
    HoldDesk(here.pep).show(AUDITOR, "mi-0001")
    HoldDesk(here.pep).lift(AUDITOR, done.id, "Ada Bianchi settled")
    assert here.store.types()[-3:] == ["hold.placed", "audit.read", "hold.lifted"]
    assert "Bianchi" not in here.said()
    assert "mi-0001" not in here.said()


def test_a_thing_of_ours_is_named_in_the_log() -> None:
    here = desk()
    HoldDesk(here.pep).place(AUDITOR, THING, "claim")
    placed = here.store.log[-1].event
    assert isinstance(placed, HoldPlaced)
    assert (placed.about, str.__str__(placed.subject)) == (THING, "")


def test_an_operator_lifts_nothing_and_nobody_without_a_reason() -> None:
    here = desk()
    done = HoldDesk(here.pep).place(OPERATOR, "mi-0001", "claim")
    with pytest.raises(Denied) as denied:
        HoldDesk(here.pep).lift(OPERATOR, done.id, "not needed")
    assert codes(denied) == {"role_missing", "no_grounds"}
    with pytest.raises(Denied) as denied:
        HoldDesk(here.pep).lift(AUDITOR, done.id, " ")
    assert codes(denied) == {"hold_reason_missing"}
    with pytest.raises(Denied) as denied:
        HoldDesk(here.pep).place(AUDITOR, "mi-0001", "\u200b")
    assert codes(denied) == {"hold_reason_missing"}
    assert len(holds_on(here.store, "mi-0001")) == 1


def test_a_lifted_hold_is_lifted_once() -> None:
    here = desk()
    done = HoldDesk(here.pep).place(AUDITOR, "mi-0001", "claim")
    HoldDesk(here.pep).lift(AUDITOR, done.id, "settled")
    with pytest.raises(NotNow):
        HoldDesk(here.pep).lift(AUDITOR, done.id, "settled again")


def test_others_learn_of_no_hold() -> None:
    here = desk()
    done = HoldDesk(here.pep).place(AUDITOR, "mi-0001", "claim")
    for act in (
        lambda: HoldDesk(here.pep).show(ROSA),
        lambda: HoldDesk(here.pep).lift(ROSA, done.id, "please"),
        lambda: HoldDesk(here.pep).lift(ROSA, "hold-none", "please"),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Denied):
        HoldDesk(here.pep).place(ROSA, "mi-0001", "because")


@pytest.mark.parametrize("about", ["", " ", "x" * 201])
def test_a_hold_is_on_something(about: str) -> None:
    with pytest.raises(Malformed):
        HoldDesk(desk().pep).place(AUDITOR, about, "claim")


def purged(here: Desk, before: str, who: Any = OPERATOR) -> set[str]:
    with pytest.raises(Denied) as denied:
        RetentionDesk(here.pep).purge(who, before)
    assert here.store.types()[-1] == "policy.refused"
    return codes(denied)


def test_a_purge_of_young_entries_is_refused_by_policy() -> None:
    assert purged(desk(), "11mo") == {"retention_twelve_months"}


def asked(days_ago: int) -> AccessRequest:
    return replace(REQUEST, submitted=NOW - days_ago * 86_400)


def test_entries_are_kept_for_years_after_a_permit_that_they_may_be_about() -> None:
    ended = replace(PERMIT, issued=NOW - 1900 * 86_400, expires=NOW - 1800 * 86_400)
    assert purged(desk(ended, asked(2000)), "2y") == {"retention_after_permit"}
    longer_ago = replace(ended, expires=NOW - 1830 * 86_400)
    assert purged(desk(longer_ago, asked(2000)), "2y") == {NEVER}
    assert purged(desk(PERMIT, asked(800)), "2y") == {"retention_after_permit"}


def test_what_is_older_than_a_permits_request_is_not_about_it() -> None:
    assert purged(desk(PERMIT, asked(100)), "2y") == {NEVER}


def test_a_permit_without_its_request_keeps_everything() -> None:
    assert purged(desk(PERMIT), "2y") == {"retention_after_permit"}


def test_a_purge_under_a_hold_is_refused_by_policy() -> None:
    here = desk()
    HoldDesk(here.pep).place(AUDITOR, "mi-0001", "claim")
    assert purged(here, "2y") == {"legal_hold"}


def test_a_purge_that_law_would_let_go_is_refused_by_the_program() -> None:
    assert purged(desk(), "2y") == {NEVER}
    assert purged(desk(), "2020-01-01T00:00:00Z", AUDITOR) == {NEVER}


def test_a_data_user_is_refused_as_well() -> None:
    assert purged(desk(), "2y", ROSA) == {"role_missing", "no_grounds"}


class LetsGo(DecisionPoint):
    """A decision point that allows whatever it is asked."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def ask(self, question: Any) -> Any:
        return Verdict(question.gate, True, (), (), {}, self.bundle())

    def bundle(self) -> str:
        return str(self.inner.bundle())


def test_the_program_keeps_a_year_whatever_policy_says() -> None:
    here = desk()
    pep = Enforcer(here.store, LetsGo(here.pep.point), here.store, here.clock)
    with pytest.raises(Denied) as denied:
        RetentionDesk(pep).purge(OPERATOR, "11mo")
    assert codes(denied) == {NEVER, "retention_twelve_months"}


@given(st.integers(0, 50 * 366), st.integers(0, 800))
def test_nothing_of_the_last_year_ever_passes(day: int, days: int) -> None:
    now = AT + timedelta(days=day)
    found = forbidden(now - timedelta(days=days), now)
    assert NEVER in found
    assert ("retention_twelve_months" in found) is (timedelta(days=days) < LEAST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11mo", "2025-04-30T09:00:00+00:00"),
        ("13mo", "2025-02-28T09:00:00+00:00"),
        ("1y", "2025-03-31T09:00:00+00:00"),
        ("30d", "2026-03-01T09:00:00+00:00"),
        ("2024-01-01T00:00:00+01:00", "2023-12-31T23:00:00+00:00"),
    ],
)
def test_a_span_reaches_back_by_the_calendar(text: str, expected: str) -> None:
    now = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
    assert reached_back(text, now).isoformat() == expected


@pytest.mark.parametrize("text", ["", "11", "mo", "-1y", "0d", "9999y", "2024-01-01", "11 mo", "1w"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="before"):
        reached_back(text, datetime(2026, 3, 31, 9, 0, tzinfo=UTC))
