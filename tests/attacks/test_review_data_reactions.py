"""Directives must reach everybody also after a permit expired, a crash, or a sealed object's exchange."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from spe.adapters.objects import SealedFolder
from spe.audit.change import Change, Entry, Put
from spe.audit.events import StaffRef
from spe.audit.events.record import RecordSeen
from spe.audit.receipts import Action, Happened
from spe.catalogue.entry import object_name as dataset_object
from spe.catalogue.entry import scope as dataset_scope
from spe.catalogue.model import Dataset, DatasetKind, DatasetStatus, Identifiability
from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.cohort.model import Cohort, CohortStatus
from spe.cohort.office import CohortOffice
from spe.cohort.place import scope, subjects_object
from spe.consent.model import Directive, DirectiveKind, Ledger
from spe.crypto.key_files import KeyFiles
from spe.errors import SpeError, Unreachable
from spe.identity.model import WORKER
from spe.permit.model import Controllers, DataPermit, Grant, Member
from spe.policy.enforce import Enforcer
from spe.request.model import Route
from spe.workspace.office import EndingOffice
from tests.fakes import FakePoint, FixedClock, MemoryStore

SITE, KEY = "h", "per-1.h"
PROFILE: dict[str, Mapping[str, Any]] = {
    "cohort.build": {
        "version": 1,
        "needs_consent": False,
        "excluding": ["restriction", "withdrawal"],
        "sparing": [],
        "until": 0,
    },
    "reaction.rule": {"version": 1, "stop_runs": True, "hold_outputs": True, "rebuild": True},
}


class Heard:
    """An outbox in which nothing waits: facts are handed on by hand here."""

    def outbox(self, limit: int = 100) -> tuple[Happened, ...]:
        return ()


class Here:
    def __init__(self, tmp_path: Path) -> None:
        self.store, self.clock = MemoryStore(), FixedClock()
        self.pep = Enforcer(self.store, FakePoint(profile=PROFILE), self.store, self.clock)
        self.keys = KeyFiles(tmp_path / "keys", bytes(32))
        self.folder = tmp_path / "objects"
        self.vault = SealedFolder(self.folder, self.keys)
        self.cohorts = CohortOffice(self.pep, self.vault, self.keys, Heard(), Plain())
        variables = (
            Variable("pid", "p", VariableType.CATEGORY, VariableGroup.SUBJECT),
            Variable("x", "x", VariableType.CATEGORY, VariableGroup.CLINICAL, ("0", "1")),
        )
        self.keys.create(dataset_scope("d"))
        rows = b"pid,x\n" + b"".join(b"P%d,1\n" % at for at in range(30))
        digest = self.vault.put(dataset_object("d"), dataset_scope("d"), (rows,))
        dataset = Dataset(
            id="d", holder=SITE, organisation="o", title="t", description="d", country="IT", kind=DatasetKind.TABLE,
            identifiability=Identifiability.PSEUDONYMISED, duo=(), purposes=("e",), subject_field="pid",
            variables=variables, status=DatasetStatus.AVAILABLE, subjects=30, sha256=digest,
        )  # fmt: skip
        now = self.pep.now()
        permit = DataPermit(
            id="per-1", request="r", route=Route.CONSORTIUM, purpose="e", legal_basis="6(1)(a)", article_9="",
            opt_out_exception=False, applicant=StaffRef("a"), organisation="u", members=(Member(StaffRef("a"), "u"),),
            grants=(Grant(SITE, "d", ("x",), digest, "pseudonymised"),), issued=now,
            expires=now + 100, aggregates_only=True, obligations=(), controllers=Controllers("a", "b", "c"),
            demo=True, statement="", signature="",
        )  # fmt: skip
        self.put(dataset)
        self.put(permit)
        self.cohorts.reconcile(KEY)

    def file(self, name: str) -> Path:
        return self.folder / self.keys.label(name)

    def put(self, value: object, version: int = 0) -> None:
        entry = Entry(WORKER.who(), RecordSeen("x", "x", "x"), self.clock.now())
        self.store.commit(Change(entries=(entry,), puts=(Put(value, version),)))  # type: ignore[arg-type]

    def withdraws(self, subject: str, epoch: int, kind: DirectiveKind = DirectiveKind.WITHDRAWAL) -> Happened:
        now = self.pep.now()
        self.put(Directive(id=f"dir-{epoch}", holder=SITE, subject=subject, kind=kind,
                           purpose="*", effective=now, recorded=now, epoch=epoch))  # fmt: skip
        self.put(Ledger(SITE, epoch), epoch - 1)
        data = {"holder": SITE, "subject": subject, "kind": "withdrawal", "effective": now}
        return Happened(f"fact-{epoch}", "directive.recorded", f"{SITE}/{subject}", data, now)

    def cohort(self) -> Cohort:
        stored = self.store.get(Cohort, KEY)
        assert stored is not None
        return stored.value


class Plain:
    """Names that hide nothing."""

    def name_of(self, subject: str) -> str:
        return subject

    def has(self, name: str) -> bool:
        return bool(name)


class Idle:
    def busy(self, permit: str, site: str) -> bool:
        return False


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_a_withdrawal_is_heard_at_a_site_where_some_permit_has_expired(here: Here) -> None:
    here.clock.at += timedelta(seconds=200)
    ending = EndingOffice(here.pep, here.keys, Idle())
    for permit in ending.pending():
        ending.reconcile(permit)
    assert not here.keys.exists(scope("per-1"))
    answers = here.cohorts.react(here.withdraws("P3", 1))
    assert [answer.thing for answer in answers] == [KEY]


def test_a_kill_between_removing_the_rows_and_saying_so_is_made_up_for(here: Here) -> None:
    fact = here.withdraws("P3", 1)
    here.store.broken = True
    with pytest.raises(Unreachable):
        here.cohorts.react(fact)
    here.store.broken = False
    answers = here.cohorts.react(fact)
    assert [answer.action for answer in answers] == [Action.REMOVED]
    assert here.cohort().status is CohortStatus.STALE


def test_a_kill_between_sealing_a_new_cohort_and_committing_it_forgets_nobody(here: Here) -> None:
    old = here.cohort()
    here.withdraws("P3", 1)

    def killed(change: Change) -> None:
        if any(isinstance(put.value, Cohort) for put in change.puts):
            raise SpeError("killed")

    here.store.before_commit = killed
    with pytest.raises(SpeError):
        here.cohorts.reconcile(KEY)
    here.store.before_commit = None
    assert here.cohort() == old
    assert here.cohorts.holds(KEY, old.rows, "P3"), "outputs of the old cohort would answer `not_held`"


def test_an_older_list_of_subjects_put_back_is_not_believed(here: Here, tmp_path: Path) -> None:
    # P3 restricts, and lifts it later: the list between the two, put back, hides P3
    here.withdraws("P3", 1, DirectiveKind.RESTRICTION)
    here.cohorts.reconcile(KEY)
    shutil.copy(here.file(subjects_object(KEY, here.cohort().rows)), tmp_path / "kept")
    here.clock.at += timedelta(seconds=2)
    here.withdraws("P3", 2, DirectiveKind.RESTRICTION_LIFTED)
    here.cohorts.reconcile(KEY)
    now = here.cohort()
    assert now.subjects == 30
    shutil.copy(tmp_path / "kept", here.file(subjects_object(KEY, now.rows)))
    try:
        held = here.cohorts.holds(KEY, now.rows, "P3")
    except SpeError:
        held = True
    assert held
