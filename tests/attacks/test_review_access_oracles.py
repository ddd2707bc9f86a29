"""Nobody learns from lists, errors, queues or the public head what they may not be told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from spe.audit.events import StaffRef
from spe.errors import SpeError
from spe.identity.model import Role
from spe.output.model import OutputStatus
from spe.output.service import OutputDesk
from spe.oversight.service import AuditDesk
from spe.run.active import Active
from spe.run.model import Run, RunKind, State, StatusCode
from spe.run.office import RunOffice
from spe.run.service import RunDesk
from tests.attacks.test_review_access_world import Desk, anyone, desk, tried
from tests.unit.policy.good_questions import NOW, PERMIT, ROSA, reviewed

MAX = anyone("max", "elsewhere", Role.DATA_USER)
OUTPUT = reviewed(status=OutputStatus.IN_REVIEW)
RUN = Run(
    id="rn-1", permit="pm-1", site="hospital-1", kind=RunKind.REAL, code="co-1", digest="d" * 64, by=StaffRef("rosa"),
    parameters=(), queued=NOW - 40,
)  # fmt: skip
ENDED = replace(RUN, state=State.FINISHED, status_code=StatusCode.DONE, ended=NOW + 60)


def heard(act: Any) -> str:
    try:
        return str(act())
    except SpeError as error:
        return f"{type(error).__name__}: {error}"


def test_a_strangers_run_answers_alike_before_and_after_its_outputs_were_collected() -> None:
    before = heard(lambda: OutputDesk(desk(PERMIT, RUN).pep, None).of_run(MAX, "rn-1"))  # type: ignore[arg-type]
    after = heard(lambda: OutputDesk(desk(PERMIT, RUN, OUTPUT).pep, None).of_run(MAX, "rn-1"))  # type: ignore[arg-type]
    assert before == after


def test_the_list_of_waiting_outputs_answers_alike_whether_a_strangers_output_waits_or_not() -> None:
    without = heard(lambda: OutputDesk(desk(PERMIT).pep, None).waiting(MAX))  # type: ignore[arg-type]
    with_one = heard(lambda: OutputDesk(desk(PERMIT, OUTPUT).pep, None).waiting(MAX))  # type: ignore[arg-type]
    assert without == with_one


def test_a_person_whose_membership_has_ended_lists_nothing() -> None:
    gone = replace(ROSA, member_until=NOW - 1)
    assert not tried(lambda: OutputDesk(desk(PERMIT).pep, None).waiting(gone))  # type: ignore[arg-type]


def test_stopping_a_real_run_does_not_tell_that_it_has_ended_before_that_may_be_known() -> None:
    told = []
    for run in (replace(RUN, state=State.RUNNING, status_code=StatusCode.IN_SANDBOX), ENDED):
        here = desk(PERMIT, run)
        told.append(heard(lambda here=here: RunDesk(here.pep, None, None).stop(ROSA, "rn-1").status))  # type: ignore[arg-type]
    assert told[0] == told[1]


def office(here: Desk, active: Active) -> RunOffice:
    return RunOffice(here.pep, None, None, None, None, None, active, ThreadPoolExecutor(1))  # type: ignore[arg-type]


def test_a_twin_run_that_waits_does_not_start_the_moment_a_real_one_ends() -> None:
    twin = replace(RUN, id="rn-2", kind=RunKind.TWIN)
    here, active = desk(PERMIT, replace(RUN, state=State.RUNNING), twin), Active(1)
    active.enter(RUN)
    assert "rn-2" not in office(here, active).pending()
    here.put(ENDED)
    active.leave("rn-1")
    assert "rn-2" not in office(here, active).pending(), "its start tells when the real run ended"


def test_the_public_head_tells_no_more_than_the_signed_checkpoint() -> None:
    class Log:
        def checkpoints(self) -> dict[int, str]:
            return {7: "note of 7"}

        def head(self) -> Any:
            return type("Head", (), {"size": 9})()

    class Key:
        def text(self) -> str:
            return "key"

    head = AuditDesk(desk().pep, Log(), None, Key(), None).head()  # type: ignore[arg-type]
    assert head["size"] == 7, "the live size lets anybody count what happens, and when"
