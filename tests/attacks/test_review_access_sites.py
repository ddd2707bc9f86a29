"""A permit over several sites: one site's holder is a stranger at another's; a permit carries its duties whole."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from spe.audit.events import StaffRef
from spe.catalogue.model import DuoTerm
from spe.decision.model import Case, CaseStatus, Conditions
from spe.identity.model import Role
from spe.output.model import Answer
from spe.output.service import OutputDesk
from spe.permit.model import DataPermit, Grant
from spe.permit.office import PermitOffice
from spe.release.service import ReleaseDesk
from spe.request.model import RequestStatus
from spe.run.model import Run, RunKind, State
from spe.run.service import RunDesk, StartRun
from spe.workspace.model import Workspace
from spe.workspace.service import WorkspaceDesk
from tests.attacks.test_review_access_world import SUBMITTED, desk, tried
from tests.fakes import Covered
from tests.unit.policy.good_questions import CHECKER, CODE, DATASET, NOW, PERMIT, ROSA, person, reviewed

TWO_SITES = replace(
    PERMIT, grants=(*PERMIT.grants, Grant("hospital-2", "gbsg2-2", ("grade",), "0" * 64, "pseudonymised"))
)
OTHER = person("olga", "hospital-2", Role.DATA_HOLDER, holder="hospital-2")
RUN = Run(
    id="rn-1", permit="pm-1", site="hospital-1", kind=RunKind.REAL, code="co-1", digest="d" * 64, by=StaffRef("rosa"),
    parameters=(), queued=NOW - 40, state=State.FINISHED, ended=NOW - 1, record="{exact}", signature="s",
)  # fmt: skip


def test_a_holder_reads_no_run_record_of_another_site() -> None:
    assert not tried(lambda: RunDesk(desk(TWO_SITES, RUN).pep, None, None).record(OTHER, "rn-1"))  # type: ignore[arg-type]


def test_a_holder_sees_no_workspace_of_another_site() -> None:
    place = Workspace(id="pm-1.hospital-1", permit="pm-1", site="hospital-1", opened=NOW)
    assert not tried(lambda: WorkspaceDesk(desk(TWO_SITES, place).pep).show(OTHER, "pm-1", "hospital-1"))


def test_a_permit_says_until_when_nothing_may_be_published(monkeypatch: pytest.MonkeyPatch) -> None:
    signed: list[object] = []

    def keep(_key: object, said: object) -> SimpleNamespace:
        signed.append(said)
        return SimpleNamespace(statement="s", signature="s")

    monkeypatch.setattr("spe.permit.office.sign", keep)
    granted = Case(
        id=SUBMITTED.id, status=CaseStatus.GRANTED, conditions=Conditions(30, True), letter="Granted."
    )
    dataset = replace(DATASET, duo=(*DATASET.duo, DuoTerm("DUO:0000024", "2027-06-30")))
    here = desk(replace(SUBMITTED, status=RequestStatus.GRANTED), granted, dataset)
    PermitOffice(here.pep, None, demo=True, cover=Covered()).reconcile(SUBMITTED.id)  # type: ignore[arg-type]
    assert here.store.find(DataPermit)
    assert "2027-06-30" in str(signed)


@pytest.mark.parametrize("note", ["\u200b", "\u2060\u3164"])
def test_a_justification_of_invisible_letters_is_none(note: str) -> None:
    desk_of_outputs = OutputDesk(desk(PERMIT, reviewed()).pep, None)  # type: ignore[arg-type]
    assert not tried(lambda: desk_of_outputs.review(CHECKER, "ou-1", Answer.REJECT, "b" * 64, note))


def test_naming_another_permits_output_is_a_refusal_in_the_log() -> None:
    here = desk(PERMIT, replace(PERMIT, id="pm-2"), replace(reviewed(), permit="pm-2"))
    before = len(here.store.log)
    assert not tried(
        lambda: ReleaseDesk(here.pep, None, Covered()).ask(ROSA, "pm-1", "hospital-1", ("ou-1",))  # type: ignore[arg-type]
    )
    assert "policy.refused" in here.store.types()[before:]


def test_naming_another_permits_code_is_a_refusal_in_the_log() -> None:
    here = desk(PERMIT, replace(PERMIT, id="pm-2"), replace(CODE, permit="pm-2"))
    before = len(here.store.log)
    asked = StartRun("pm-1", "hospital-1", "co-1", RunKind.TWIN, {})
    assert not tried(lambda: RunDesk(here.pep, None, None).start(ROSA, asked))  # type: ignore[arg-type]
    assert "policy.refused" in here.store.types()[before:]
