"""The whole way of one request.

A holder in Milano describes and delivers a table and records its patients' consents. A researcher asks for it, the
committee grants, the worker issues a signed permit and builds the cohort. The researcher writes code, tries it on
made-up rows, has it approved by two, opens a workspace and runs it on real rows. The machine passes the table, two
checkers look at the same bytes, and the researcher fetches exactly those bytes. The auditor proves all of it, and
somebody who edits the exported log is found out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
from pathlib import Path

from spe.crypto.note import parse_public_key
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed, check
from tests.builders import MILANO, THERAPY_TABLE, application, patients, project
from tests.cast import Cast
from tests.voices import edit

STORY = (
    "audit.opened",
    "catalogue.registered",
    "catalogue.delivered",
    "directive.recorded",
    "request.submitted",
    "decision.voted",
    "decision.granted",
    "permit.issued",
    "cohort.built",
    "code.registered",
    "run.queued",
    "run.started",
    "run.ended",
    "code.approved_by",
    "code.approved_by",
    "code.sealed",
    "workspace.opened",
    "run.queued",
    "run.started",
    "workspace.data_unsealed",
    "run.ended",
    "output.collected",
    "workspace.data_unsealed",
    "output.checked",
    "output.submitted",
    "output.reviewed",
    "output.reviewed",
    "release.asked",
    "release.made",
    "release.downloaded",
)


def test_what_is_asked_for_granted_run_and_checked_is_what_leaves(cast: Cast, tmp_path: Path) -> None:
    researcher, table = cast.researcher, patients()
    cast.given_data(table)
    permit = cast.committee.grants(researcher.submits(application(table)))

    document = researcher.get(f"/permits/{permit}/document")
    signed = Signed(document["statement"], document["signature"])
    fields = check(signed, parse_public_key(cast.auditor.key("permit")), StatementKind.PERMIT)
    assert (fields["id"], fields["demo"]) == (permit, True)
    assert cast.holder().cohort(permit, MILANO)["subjects"] == len(table.subjects)

    code = researcher.registers(permit, project(THERAPY_TABLE))
    assert researcher.waits(researcher.starts(permit, MILANO, code, "twin"))["state"] == "done"
    cast.approvers.approve(code)
    researcher.opens(permit, MILANO)
    output = cast.given_run(permit, code)["therapy"]
    assert output["status"] == "passed"
    assert "sha256" not in output

    researcher.brings(output["id"])
    seen = cast.checkers.first.get(f"/outputs/{output['id']}/content")
    cast.checkers.approve(output["id"])
    release = researcher.asks_release(permit, MILANO, output["id"])
    made = researcher.release(release)
    assert made["status"] == "released"

    files = researcher.downloads(release)
    assert files["therapy.csv"] == seen
    assert made["files"][0]["sha256"] == hashlib.sha256(seen).hexdigest()
    assert _counted(seen) == _expected(table.rows)
    statement = Signed(files["release.json"].decode(), files["release.sig"].decode())
    listed = check(statement, parse_public_key(cast.auditor.key("release")), StatementKind.RELEASE)["files"]
    assert {one["name"]: one["sha256"] for one in listed} == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in files.items()
        if not name.startswith("release.")
    }
    cast.auditor.proves(tmp_path, permit, STORY)


def test_the_command_line_verifies_an_export_with_the_public_key_alone(cast: Cast, tmp_path: Path) -> None:
    export, key = cast.auditor.exports(tmp_path / "export"), cast.auditor.key()
    assert _verify(export, key).returncode == 0
    index = edit(export, lambda entry: entry["type"] == "release.made")
    found = _verify(export, key)
    assert found.returncode == 12
    assert str(index) in found.stdout + found.stderr


def _verify(export: Path, key: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from spe.cli.main import run; run()"]
    words = [*command, "audit", "verify", str(export), "--key", key]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _counted(table: bytes) -> dict[tuple[str, str], int]:
    rows = csv.DictReader(io.StringIO(table.decode()))
    return {(row["therapy"], row["event"]): int(row["n"]) for row in rows}


def _expected(rows: tuple[tuple[str, ...], ...]) -> dict[tuple[str, str], int]:
    events = {"0": "no", "1": "yes"}
    cells = [(row[1], events[row[-1]]) for row in rows]
    return {cell: cells.count(cell) for cell in cells}
