"""Bytes that are read, approved and released are those whose digest was recorded, each under a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.adapters.objects import SealedFolder
from spe.audit.change import Change, Entry, Put
from spe.audit.events import StaffRef
from spe.audit.events.record import RecordSeen
from spe.crypto.key_files import KeyFiles
from spe.errors import SpeError
from spe.identity.model import WORKER, Role
from spe.output.model import Output, OutputStatus
from spe.output.place import canonical_object, scope
from spe.output.service import OutputDesk
from spe.permit.model import Controllers, DataPermit, Grant, Member
from spe.policy.enforce import Enforcer
from spe.release.service import ReleaseDesk
from spe.request.model import Route
from tests.fakes import Covered, FakePoint, FixedClock, MemoryStore, someone

PERMIT = DataPermit(
    id="per-1", request="r", route=Route.CONSORTIUM, purpose="e", legal_basis="6(1)(a)", article_9="",
    opt_out_exception=False, applicant=StaffRef("anna.ricci"), organisation="u", members=(Member(StaffRef("anna.ricci"), "u"),),
    grants=(Grant("h", "d", ("x",), "0" * 64, "pseudonymised"),), issued=0, expires=2**40,
    aggregates_only=True, obligations=(), controllers=Controllers("a", "b", "c"), demo=True, statement="", signature="",
)  # fmt: skip


def output(id_: str, name: str, file: str, sha256: str) -> Output:
    layout = {"name": name, "kind": "count", "file": file, "dimensions": []}
    return Output(id=id_, run="run-1", permit="per-1", site="h", name=name, layout=layout, cohort="per-1.h", rows="r",
                  collected=0, raw_sha256="", sha256=sha256, status=OutputStatus.APPROVED)  # fmt: skip


@pytest.fixture
def pep() -> Enforcer:
    store, clock = MemoryStore(), FixedClock()
    values = (PERMIT, output("out-1", "a", "t.csv", "1" * 64), output("out-2", "b", "t.csv", "2" * 64))
    entry = Entry(WORKER.who(), RecordSeen("x", "x", "x"), clock.now())
    store.commit(Change(entries=(entry,), puts=tuple(Put(value, 0) for value in values)))
    return Enforcer(store, FakePoint(), store, clock)


def test_two_outputs_of_one_file_name_do_not_push_each_other_out_of_a_release(
    pep: Enforcer, tmp_path: Path
) -> None:
    # two codes of one permit may declare the same file under different names: the zip has room for one of them
    desk = ReleaseDesk(
        pep, SealedFolder(tmp_path / "objects", KeyFiles(tmp_path / "keys", bytes(32))), Covered()
    )
    with pytest.raises(SpeError):
        desk.ask(someone("anna.ricci"), "per-1", "h", ("out-1", "out-2"))


def test_a_checker_is_shown_the_bytes_of_the_digest_or_none(pep: Enforcer, tmp_path: Path) -> None:
    # an older object of the same name opens as well as the newest: only the recorded digest tells them apart
    keys = KeyFiles(tmp_path / "keys", bytes(32))
    keys.create(scope("per-1"))
    vault = SealedFolder(tmp_path / "objects", keys)
    vault.put(canonical_object("out-1"), scope("per-1"), (b"an older file\n",))
    with pytest.raises(SpeError):
        OutputDesk(pep, vault).content(someone("claire.dubois", Role.OUTPUT_CHECKER), "out-1")
