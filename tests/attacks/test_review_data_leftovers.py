"""Nothing is left of what was stopped, and no dataset's words get in the way of the recomputation's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.adapters.objects import SealedFolder
from spe.audit.change import Change, Entry, Put
from spe.audit.events import StaffRef
from spe.audit.events.record import RecordSeen
from spe.catalogue.model import Dataset, DatasetKind, Identifiability
from spe.catalogue.rules import fit_to_register
from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.code.model import Code, Manifest
from spe.crypto import ed25519
from spe.crypto.key_files import KeyFiles
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import Malformed
from spe.identity.model import WORKER
from spe.policy.enforce import Enforcer
from spe.run.ending import Ending
from spe.run.model import Run, RunKind, State, StatusCode
from spe.workspace.sandbox import Isolation, Outcome, OutputFile, SandboxResult, Tail
from tests.fakes import FakePoint, FixedClock, MemoryStore


def test_a_run_that_was_stopped_while_it_ended_leaves_no_object(tmp_path: Path) -> None:
    store, clock = MemoryStore(), FixedClock()
    keys = KeyFiles(tmp_path / "keys", bytes(32))
    vault = SealedFolder(tmp_path / "objects", keys)
    layout = {"name": "t", "kind": "count", "file": "t.csv", "dimensions": []}
    manifest = Manifest(
        files=(), entry="main.py", argv=(), environment=(), import_path=(), runtime="r", sandbox="s",
        parameters=(), layouts=(layout,), fields=(),
    )  # fmt: skip
    code = Code(id="code-1", permit="per-1", by=StaffRef("a"), title="t", manifest=manifest, digest="d")
    run = Run(
        id="run-1", permit="per-1", site="h", kind=RunKind.REAL, code="code-1", digest="d", by=StaffRef("a"),
        parameters=(), queued=0, state=State.STOPPED, status_code=StatusCode.STOPPED_BY_HOLDER,
    )  # fmt: skip
    entry = Entry(WORKER.who(), RecordSeen("x", "x", "x"), clock.now())
    store.commit(Change(entries=(entry,), puts=(Put(run, 0),)))
    result = SandboxResult(
        Outcome.FINISHED, 0, (OutputFile("t.csv", b"n\n1\n", "0" * 64),), (), (), Tail(b"", 0), Tail(b"", 0),
        Isolation("b", (), "s", "u"), 1.0,
    )  # fmt: skip
    key = SigningKey(StatementKind.RUN, "origin", ed25519.generate())
    Ending(Enforcer(store, FakePoint(), store, clock), vault, keys, key, 60).record(run, code, result)
    assert list((tmp_path / "objects").iterdir()) == []


def test_no_variable_has_the_name_of_the_column_that_numbers_people() -> None:
    # the cohort's file would have the column twice: no run of it could ever be recomputed
    dataset = Dataset(
        id="abc", holder="h", organisation="o", title="t", description="d", country="IT", kind=DatasetKind.TABLE,
        identifiability=Identifiability.PSEUDONYMISED, duo=(), purposes=("e",), subject_field="pid",
        variables=(
            Variable("pid", "p", VariableType.CATEGORY, VariableGroup.SUBJECT),
            Variable("row", "r", VariableType.INTEGER, VariableGroup.CLINICAL, low=0, high=9),
        ),
    )  # fmt: skip
    with pytest.raises(Malformed):
        fit_to_register(dataset)
