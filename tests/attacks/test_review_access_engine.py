"""A policy engine that does not answer for a moment denies, and ends nothing for good."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from spe.audit.events import StaffRef
from spe.catalogue.service import CatalogueDesk
from spe.errors import NotFound, Reason, SpeError
from spe.policy.model import Question, Verdict
from spe.release.model import Release, ReleaseStatus
from spe.release.office import ReleaseOffice
from spe.run.active import Active
from spe.run.model import Run, RunKind, State
from spe.run.office import RunOffice
from tests.attacks.test_review_access_world import Desk, Meddled, desk, policies
from tests.unit.policy.good_questions import CODE, DATASET, NOW, PERMIT, ROSA


class Silent(Meddled):
    """A decision point whose engine is busy."""

    def ask(self, question: Question) -> Verdict:
        return Verdict(question.gate, False, (Reason("policy_unreachable"),), (), {}, policies().bundle())


def silent(here: Desk) -> Any:
    return replace(here.pep, point=Silent())


def test_a_release_is_not_stopped_for_good() -> None:
    release = Release(
        id="rl-1", permit="pm-1", site="hospital-1", dataset="gbsg2-1", by=StaffRef("rosa"), files=(), asked=NOW,
    )  # fmt: skip
    here = desk(PERMIT, release)
    pep = silent(here)

    def make(*_: Any) -> tuple[str, ...]:
        pep.admit(ROSA.who(), SimpleNamespace(gate="release.make"), "rl-1")
        return ()

    office = ReleaseOffice(pep, SimpleNamespace(make=make), None, SimpleNamespace(outbox=lambda *_: ()))  # type: ignore[arg-type]
    with suppress(SpeError):
        office.reconcile("rl-1")
    assert here.value(Release, "rl-1").status is ReleaseStatus.PENDING


def test_a_queued_run_does_not_fail_for_good() -> None:
    run = Run(
        id="rn-1", permit="pm-1", site="hospital-1", kind=RunKind.TWIN, code="co-1", digest="d" * 64, by=StaffRef("rosa"),
        parameters=(), queued=NOW,
    )  # fmt: skip
    here = desk(PERMIT, CODE, run)
    admission = SimpleNamespace(question=lambda *_: SimpleNamespace(gate="run.start"))
    office = RunOffice(silent(here), admission, None, None, None, None, Active(1), None)  # type: ignore[arg-type]
    with suppress(SpeError):
        office.reconcile("rn-1")
    assert here.value(Run, "rn-1").state is State.QUEUED


def test_it_does_not_read_as_if_nothing_were_there() -> None:
    here = desk(DATASET)
    with pytest.raises(SpeError) as error:
        CatalogueDesk(silent(here), None, None).show(ROSA, DATASET.id)  # type: ignore[arg-type]
    assert not isinstance(error.value, NotFound)
