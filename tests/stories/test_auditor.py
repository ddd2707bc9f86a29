"""What the auditor can do with the log, and nobody else.

A holder delivers a table. The auditor reads what happened, takes the log away, and finds every change that somebody
makes to the copy: an entry edited, deleted, put elsewhere, or cut off at the end. A reading is an entry itself.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from spe.audit.checkpoint import Checkpoint, open_checkpoint
from spe.audit.exported import ExportedLog
from spe.audit.merkle import verify_consistency
from spe.audit.proof import proof_text
from spe.audit.verify import BadLog
from spe.audit.verify_proof import check_proof
from spe.crypto.note import parse_public_key
from spe.errors import IntegrityFailure
from tests.builders import patients
from tests.cast import Cast
from tests.world import Refused

Entries = list[bytes]
AT = 3
CHANGES: dict[str, tuple[Callable[[Entries], Entries], int]] = {
    "deleted": (lambda entries: entries[:AT] + entries[AT + 1 :], AT),
    "reordered": (lambda entries: [*entries[:AT], entries[AT + 1], entries[AT], *entries[AT + 2 :]], AT),
    "truncated": (lambda entries: entries[:-1], -1),
}


def test_every_change_to_an_export_is_found_at_its_first_bad_entry(cast: Cast, tmp_path: Path) -> None:
    cast.given_data(patients())
    export = cast.auditor.exports(tmp_path / "export")
    size = cast.auditor.verifies(export).size
    for name, (change, at) in CHANGES.items():
        copy = tmp_path / name
        shutil.copytree(export, copy)
        bundle = next(path for path in sorted((copy / "tile" / "entries").rglob("*")) if path.is_file())
        entries = _read(bundle)
        bundle.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in change(entries)))
        with pytest.raises(BadLog) as bad:
            cast.auditor.verifies(copy)
        assert bad.value.index == (at if at >= 0 else len(entries) - 1), name
    assert size >= len(CHANGES)


def test_one_entry_is_proved_without_the_rest_of_the_log_and_the_proof_is_logged(
    cast: Cast, tmp_path: Path
) -> None:
    key, entry = cast.auditor.key(), cast.auditor.timeline()[-1]
    proof = check_proof(cast.auditor.get("/log/proof", index=entry["index"]), key)
    assert json.loads(proof.entry)["nonce"] == entry["nonce"]
    again = proof_text(ExportedLog(cast.auditor.exports(tmp_path / "export")), entry["index"])
    assert check_proof(again.encode(), key).entry == proof.entry
    looks = [one["data"] for one in cast.auditor.finds(type="audit.read")]
    assert any(look["view"] == "proof" and look["about"] == str(entry["index"]) for look in looks)
    with pytest.raises(Refused) as refused:
        cast.auditor.get("/log/proof", index=10**6)
    assert refused.value.status == 404


def test_the_log_of_today_begins_with_the_log_of_yesterday(cast: Cast) -> None:
    old = _head(cast)
    cast.auditor.timeline()
    new = _head(cast)
    assert old.size < new.size
    hashes = cast.auditor.get("/log/consistency", old=old.size, new=new.size)["hashes"]
    path = tuple(base64.b64decode(one) for one in hashes)
    verify_consistency(old.size, old.root, new.size, new.root, path)
    with pytest.raises(IntegrityFailure):
        verify_consistency(old.size, new.root, new.size, new.root, path)


def _head(cast: Cast) -> Checkpoint:
    note = cast.auditor.get("/log/proof", index=0).decode().partition("\n\n")[2]
    return open_checkpoint(note, parse_public_key(cast.auditor.key()))


def test_reading_the_log_is_in_the_log(cast: Cast) -> None:
    before = cast.auditor.types().count("audit.read")
    assert cast.auditor.types().count("audit.read") > before


def test_nobody_else_learns_that_there_is_a_log(cast: Cast) -> None:
    asked = {"/log/timeline": {}, "/log/proof": {"index": 0}, "/log/consistency": {"old": 1, "new": 1}}
    for voice in (cast.researcher, cast.holder(), cast.checkers.first):
        for path, query in asked.items():
            with pytest.raises(Refused) as refused:
                voice.get(path, **query)
            assert refused.value.status == 404


def _read(bundle: Path) -> Entries:
    data, entries, at = bundle.read_bytes(), [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : end])
        at = end
    return entries
