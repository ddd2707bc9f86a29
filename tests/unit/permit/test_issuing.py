from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from spe.catalogue.model import DuoTerm
from spe.decision.model import Case, CaseStatus, Conditions
from spe.permit.model import DataPermit, Member
from spe.permit.office import PermitOffice
from spe.request.model import RequestStatus
from tests.attacks.test_review_access_world import SUBMITTED, desk
from tests.fakes import Covered
from tests.unit.policy.good_questions import DATASET, ROSA, TEAM

DAY = 86_400


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []

    def sign(_key: object, statement: dict[str, Any]) -> SimpleNamespace:
        said.append(statement)
        return SimpleNamespace(statement="s", signature="s")

    monkeypatch.setattr("spe.permit.office.sign", sign)
    return said


def issued(*duo: DuoTerm, days: int) -> DataPermit:
    granted = Case(
        id=SUBMITTED.id, status=CaseStatus.GRANTED, conditions=Conditions(days, True), letter="Yes."
    )
    request = replace(SUBMITTED, status=RequestStatus.GRANTED)
    here = desk(request, granted, replace(DATASET, duo=(DuoTerm("DUO:0000004"), *duo)))
    PermitOffice(here.pep, None, demo=True, cover=Covered()).reconcile(SUBMITTED.id)  # type: ignore[arg-type]
    return here.store.find(DataPermit)[0].value


def test_a_datasets_time_limit_ends_a_permit_before_the_granted_days(signed: list[dict[str, Any]]) -> None:
    permit = issued(DuoTerm("DUO:0000025", "2"), days=365)
    assert permit.expires - permit.issued == 60 * DAY
    assert signed[0]["expires"] == permit.expires


def test_a_longer_time_limit_leaves_the_granted_days(signed: list[dict[str, Any]]) -> None:
    permit = issued(DuoTerm("DUO:0000025", "24"), days=30)
    assert permit.expires - permit.issued == 30 * DAY
    limit = {"dataset": "gbsg2-1", "days": "720", "months": "24"}
    assert signed[0]["obligations"] == [{"code": "ends_after_months", "params": limit}]


def test_a_permit_lists_each_person_with_the_organisation_that_was_granted(
    signed: list[dict[str, Any]],
) -> None:
    permit = issued(days=30)
    assert permit.members == (Member(ROSA.id, "uni-a"), Member(TEAM.id, "uni-b"))
    assert signed[0]["members"][1] == {"id": "tom", "organisation": "uni-b"}
    assert (permit.users(), permit.organisations()) == (("rosa", "tom"), ("uni-a", "uni-b"))
