"""What a decision relied on still holds when its effect commits, or there is no effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from spe.audit.change import Expect
from spe.audit.events import StaffRef
from spe.catalogue.model import Dataset, DatasetStatus
from spe.catalogue.service import CatalogueDesk
from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.code.model import Code, CodeStatus
from spe.code.service import CodeDesk
from spe.cohort.model import Cohort
from spe.consent.model import Ledger
from spe.decision.model import Case, CaseStatus, Conditions
from spe.errors import SpeError
from spe.output.model import Answer, OutputStatus
from spe.output.service import OutputDesk
from spe.output.support_of import Supports
from spe.permit.model import DataPermit, PermitStatus
from spe.permit.office import PermitOffice
from spe.release import making
from spe.release.making import Making
from spe.release.model import Release, ReleaseStatus
from spe.release.service import ReleaseDesk
from spe.request.model import RequestStatus
from spe.run import office as run_office
from spe.run import questions as run_questions
from spe.run.active import Active
from spe.run.model import Run, RunKind, State, StatusCode
from spe.run.office import RunOffice
from spe.workspace.model import Workspace
from spe.workspace.service import WorkspaceDesk
from tests.attacks.test_review_access_world import SUBMITTED, Desk, desk
from tests.fakes import Covered
from tests.unit.policy.good_questions import (
    APPROVER,
    CHECKER,
    CODE,
    DATASET,
    HOLDER,
    NOW,
    PERMIT,
    ROSA,
    given,
    reviewed,
)

KEY = "pm-1.hospital-1"
COHORT = Cohort(
    id=KEY, permit="pm-1", site="hospital-1", dataset="gbsg2-1", dataset_sha256="0" * 64, fields=("grade",),
    epoch=4, bundle="b", subjects=200, excluded=3, rows="r" * 64, sha256="c" * 64, size=9,
)  # fmt: skip
RUN = Run(
    id="rn-1", permit="pm-1", site="hospital-1", kind=RunKind.REAL, code="co-1", digest="d" * 64, by=StaffRef("rosa"),
    parameters=(), queued=NOW - 40,
)  # fmt: skip
PLACE = Workspace(id=KEY, permit="pm-1", site="hospital-1", opened=NOW)
SUSPENDED = replace(PERMIT, status=PermitStatus.SUSPENDED)
APPROVED = reviewed(
    given("carl", Answer.APPROVE), given("clara", Answer.APPROVE), status=OutputStatus.APPROVED
)


class Waiting:
    """A pool that never begins."""

    def submit(self, *_: Any) -> None: ...


class Admitting:
    """Tells policy of a run that everything is in order with."""

    def question(self, person: Any, run: Run, permit: DataPermit, code: Code) -> Any:
        return run_questions.start(
            person, permit, replace(code, status=CodeStatus.APPROVED), run.site, run.kind, "rosa", NOW, intact=True, valid=True,
            workspace="open", cohort="current", real_runs=0,
        )  # fmt: skip


def test_a_directive_recorded_while_the_mount_is_decided_keeps_the_run_from_starting() -> None:
    here = desk(PERMIT, CODE, RUN, COHORT, PLACE, Ledger("hospital-1", 4), gate="data.mount")
    here.point.then = lambda: here.put(Ledger("hospital-1", 5))
    office = RunOffice(here.pep, Admitting(), None, None, None, None, Active(1), Waiting())  # type: ignore[arg-type]
    with suppress(SpeError):
        office.reconcile("rn-1")
    assert here.value(Run, "rn-1").state is not State.RUNNING


def test_a_permit_suspended_while_a_run_is_admitted_keeps_it_from_starting() -> None:
    here = desk(PERMIT, CODE, RUN, COHORT, PLACE, Ledger("hospital-1", 4), gate="data.mount")
    here.point.then = lambda: here.put(SUSPENDED)
    office = RunOffice(here.pep, Admitting(), None, None, None, None, Active(1), Waiting())  # type: ignore[arg-type]
    with suppress(SpeError):
        office.reconcile("rn-1")
    assert here.value(Run, "rn-1").state is not State.RUNNING


def test_data_older_than_the_ledger_are_not_unsealed_to_recompute_support() -> None:
    run = replace(RUN, state=State.FINISHED, cohort=KEY, rows=COHORT.rows)
    here = desk(PERMIT, COHORT, PLACE, run, Ledger("hospital-1", 5))
    supports = Supports(here.pep, None, None, "", None, None)  # type: ignore[arg-type]
    with suppress(SpeError):
        supports._mount(run)
    assert "workspace.data_unsealed" not in here.store.types()


def outputs(here: Desk) -> OutputDesk:
    return OutputDesk(here.pep, None)  # type: ignore[arg-type]


ACTS: dict[str, Callable[[Desk], object]] = {
    "output.review": lambda here: outputs(here).review(CHECKER, "ou-1", Answer.APPROVE, "b" * 64, "fine"),
    "output.submit": lambda here: outputs(here).submit(ROSA, "ou-2", "please"),
    "code.approve": lambda here: CodeDesk(here.pep, None, None, None).approve(APPROVER, "co-1", CODE.digest),  # type: ignore[arg-type]
    "workspace.open": lambda here: WorkspaceDesk(here.pep).open(ROSA, "pm-1", "hospital-1"),
    "release.make": lambda here: ReleaseDesk(here.pep, None, Covered()).ask(  # type: ignore[arg-type]
        ROSA, "pm-1", "hospital-1", ("ou-3",)
    ),
}


@pytest.mark.parametrize("gate", ACTS)
def test_nothing_commits_under_a_permit_that_was_suspended_while_policy_was_asked(gate: str) -> None:
    layout = {"file": "table.csv"}
    here = desk(
        PERMIT,
        CODE,
        COHORT,
        reviewed(given("carl", Answer.APPROVE)),
        replace(reviewed(status=OutputStatus.PASSED), id="ou-2"),
        replace(APPROVED, id="ou-3", layout=layout),
        gate=gate,
    )
    here.point.then = lambda: here.put(SUSPENDED)
    before = len(here.store.log)
    with suppress(SpeError):
        ACTS[gate](here)
    after = [entry.event.type for entry in here.store.log[before + 1 :]]
    assert all(type_ == "policy.refused" for type_ in after), after


def test_no_release_is_made_under_a_permit_that_was_revoked_while_policy_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Making, "_code_is_intact", lambda *_: True)
    monkeypatch.setattr(Making, "_approved_bytes", lambda *_: {"t.csv": b"x"})
    monkeypatch.setattr(Making, "_tables", lambda *_: ())
    monkeypatch.setattr(Making, "_methods", lambda *_: {})
    monkeypatch.setattr(Making, "_code", lambda *_: CODE)
    monkeypatch.setattr(making, "sign", lambda *_: SimpleNamespace(statement="s", signature="s"))
    release = Release(
        id="rl-1", permit="pm-1", site="hospital-1", dataset="gbsg2-1", by=StaffRef("rosa"), files=(), asked=NOW,
    )  # fmt: skip
    release = replace(release, files=(SimpleNamespace(output="ou-1", name="t.csv", sha256="b" * 64),))  # type: ignore[arg-type]
    here = desk(PERMIT, DATASET, APPROVED, release, Ledger("hospital-1", 4), gate="release.make")
    here.point.then = lambda: here.put(replace(PERMIT, status=PermitStatus.REVOKED))
    vault: Any = SimpleNamespace(put=lambda *_: "0", remove=lambda *_: None)
    keys: Any = SimpleNamespace(create=lambda *_: b"")
    nothing: Any = None
    maker = Making(here.pep, vault, keys, nothing, nothing, nothing, "", "", Covered())
    with suppress(SpeError):
        maker.make(release, PERMIT, Expect(Ledger, "hospital-1", 1))
    assert here.value(Release, "rl-1").status is not ReleaseStatus.RELEASED


def test_no_permit_is_issued_for_a_dataset_that_was_withdrawn_while_policy_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spe.permit.office.sign", lambda *_: SimpleNamespace(statement="s", signature="s"))
    granted = Case(
        id=SUBMITTED.id, status=CaseStatus.GRANTED, conditions=Conditions(30, True), letter="Granted."
    )
    here = desk(replace(SUBMITTED, status=RequestStatus.GRANTED), granted, DATASET, gate="permit.issue")
    here.point.then = lambda: here.put(replace(DATASET, status=DatasetStatus.WITHDRAWN))
    with suppress(SpeError):
        PermitOffice(here.pep, None, demo=True, cover=Covered()).reconcile(SUBMITTED.id)  # type: ignore[arg-type]
    assert not here.store.find(DataPermit)


def test_a_second_delivery_does_not_overwrite_the_first_ones_bytes() -> None:
    announced = replace(
        DATASET,
        status=DatasetStatus.ANNOUNCED,
        variables=(Variable("subject", "pseudonym", VariableType.CATEGORY, VariableGroup.SUBJECT),),
    )
    here, kept = desk(announced), {}

    class Vault:
        def put(self, name: str, _scope: str, chunks: Any) -> str:
            data = b"".join(chunks)
            kept[name] = data
            return data.hex()

        def remove(self, name: str) -> None:
            kept.pop(name, None)

    catalogue = CatalogueDesk(here.pep, Vault(), SimpleNamespace(create=lambda *_: b""))  # type: ignore[arg-type]

    def slow() -> Iterator[bytes]:
        catalogue.deliver(HOLDER, announced.id, [b"subject\nA\nB\n"])
        yield b"subject\nC\n"

    with suppress(SpeError):
        catalogue.deliver(HOLDER, announced.id, slow())
    stored = here.value(Dataset, announced.id)
    assert stored.sha256 in {data.hex() for data in kept.values()}, "the delivered bytes are gone"


def test_no_receipt_says_stopped_while_the_sandbox_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_office, "_GONE_WITHIN", 0.01)
    running = replace(
        RUN, state=State.RUNNING, status_code=StatusCode.IN_SANDBOX, cohort=KEY, rows=COHORT.rows
    )
    here, active = desk(PERMIT, running), Active(1)
    active.enter(running)
    office = RunOffice(here.pep, None, None, None, None, None, active, None)  # type: ignore[arg-type]
    fact = SimpleNamespace(id="f", kind="permit.revoked", about="pm-1", data={"permit": "pm-1"}, at=NOW)
    answers: tuple[Any, ...] = ()
    with suppress(SpeError):
        answers = office.react(fact)  # type: ignore[arg-type]
    assert "rn-1" in active
    assert not [answer for answer in answers if answer.action == "stopped"]
