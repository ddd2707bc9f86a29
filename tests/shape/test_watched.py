"""The watch over what is committed can fail: a step that leaves nothing, or another command's entry, is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from spe.audit.change import Change, Entry, Put
from spe.audit.events import Event, StaffRef, SubjectRef
from spe.audit.events.hold import HoldLifted, HoldPlaced
from spe.oversight.model import Hold, HoldStatus
from tests.fakes import someone
from tests.watched import Watched, watched

HOLD = Hold(id="hold-1", about="", reason="a case in court", by=StaffRef("auditor"), placed=1)
LIFTED = replace(HOLD, status=HoldStatus.LIFTED)
PLACED, LIFT = HoldPlaced("hold-1", "", SubjectRef(""), ""), HoldLifted("hold-1", "")


def change(event: Event, value: Hold) -> Change:
    return Change(entries=(Entry(someone().who(), event, datetime.now(UTC)),), puts=(Put(value, 0),))


@pytest.mark.parametrize(("event", "seen"), [(LIFT, 0), (PLACED, 1)], ids=["its own entry", "another's"])
def test_a_step_is_held_to_the_entry_that_its_command_declares(event: Event, seen: int) -> None:
    watch = Watched()
    watch.saw(change(PLACED, HOLD))
    watch.saw(change(event, LIFTED))
    assert watch.steps == {(HoldStatus.PLACED, HoldStatus.LIFTED)}
    assert len(watch.undeclared) == seen


def test_a_step_that_no_command_leads_to_fails_its_story() -> None:
    with pytest.raises(AssertionError, match="LIFTED"), watched("sqlite://") as watch:
        back(watch)


def back(watch: Watched) -> None:
    watch.saw(change(LIFT, LIFTED))
    watch.saw(change(PLACED, HOLD))
