"""No person in clear in the log: not by what was searched for, not by what was written as a reason."""

from __future__ import annotations

from typing import Any

import pytest

from spe.audit.merkle import CompactRange
from spe.audit.search import Search
from spe.identity.model import Role
from spe.oversight.service import AuditDesk
from spe.permit.model import PermitCommand, PermitStatus
from spe.permit.service import PermitDesk
from spe.release.model import Release, ReleaseStatus
from spe.release.service import ReleaseDesk
from spe.workspace.model import Workspace
from spe.workspace.service import WorkspaceDesk
from tests.attacks.test_review_access_world import Desk, anyone, desk, tried
from tests.fakes import Covered
from tests.unit.audit.kept_log import SealedStaff
from tests.unit.policy.good_questions import AUDITOR, CHAIR, HOLDER, NOW, PERMIT, ROSA

SUBJECT = "MI-0011"
TEXT = f"patient {SUBJECT} (Ada Bianchi, born 1961) asked for it"


def audit(here: Desk) -> AuditDesk:
    class Log:
        def head(self) -> CompactRange:
            return CompactRange()

        def entries(self, _start: int = 0, _end: int = 0) -> Any:
            return iter(())

    return AuditDesk(here.pep, Log(), SealedStaff(), None, None)  # type: ignore[arg-type]


def test_asking_for_a_subjects_receipts_leaves_no_pseudonym_in_the_log() -> None:
    here = desk()
    audit(here).receipts(AUDITOR, f"hospital-1/{SUBJECT}")
    assert SUBJECT not in here.said()


def test_a_refused_question_for_a_subject_leaves_no_pseudonym_in_the_log() -> None:
    here = desk()
    assert not tried(lambda: audit(here).receipts(ROSA, f"hospital-1/{SUBJECT}"))
    assert SUBJECT not in here.said()


def test_reading_the_timeline_of_a_subject_leaves_no_pseudonym_in_the_log() -> None:
    here = desk()
    audit(here).timeline(AUDITOR, Search(about=SUBJECT))
    assert SUBJECT not in here.said()


def test_reading_the_timeline_of_a_member_of_staff_leaves_no_name_in_clear() -> None:
    here = desk()
    audit(here).timeline(AUDITOR, Search(about="rosa"))
    assert not any("rosa" in str(getattr(entry.event, "about", "")) for entry in here.store.log)


@pytest.mark.parametrize("command", [PermitCommand.SUSPEND, PermitCommand.RESUME, PermitCommand.REVOKE])
def test_a_reason_for_a_permit_is_in_the_log_as_a_digest_only(command: PermitCommand) -> None:
    from dataclasses import replace

    start = PermitStatus.SUSPENDED if command is PermitCommand.RESUME else PermitStatus.ISSUED
    here = desk(replace(PERMIT, status=start))
    PermitDesk(here.pep).act(CHAIR, "pm-1", command, TEXT)
    assert SUBJECT not in here.said()


def test_a_reason_for_closing_a_workspace_is_in_the_log_as_a_digest_only() -> None:
    here = desk(PERMIT, Workspace(id="pm-1.hospital-1", permit="pm-1", site="hospital-1", opened=NOW))
    WorkspaceDesk(here.pep).close(HOLDER, "pm-1", "hospital-1", TEXT)
    assert SUBJECT not in here.said()


def test_a_reason_for_a_recall_is_in_the_log_as_a_digest_only() -> None:
    release = Release(
        id="rl-1", permit="pm-1", site="hospital-1", dataset="gbsg2-1", by=ROSA.id, files=(), asked=NOW,
        status=ReleaseStatus.RELEASED,
    )  # fmt: skip
    here = desk(PERMIT, release)
    ReleaseDesk(here.pep, None, Covered()).recall(anyone("oscar", "ops", Role.OPERATOR), "rl-1", TEXT)  # type: ignore[arg-type]
    assert SUBJECT not in here.said()
