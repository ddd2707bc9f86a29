"""`spe audit verify`, `prove` and `check-proof` as somebody types them, with files and keys only."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from spe.cli.bar import bar
from spe.cli.main import main
from tests.unit.audit.signed_log import VKEY, checkpoints, entry, exported, write
from tests.unit.audit.test_cosigned import line, witness

ENTRIES = [entry(number) for number in range(600)]
NOTES = checkpoints(ENTRIES, [400])
TEXT = NOTES[600].partition("\n\n")[0] + "\n"
W1 = witness("witness.example/w1")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    cosigned = NOTES | {600: NOTES[600] + line("witness.example/w1", TEXT)}
    return write(tmp_path / "log", exported(ENTRIES, cosigned))


@pytest.fixture
def proof(log: Path, tmp_path: Path) -> Path:
    file = tmp_path / "300.tlog-proof"
    assert main(["audit", "prove", "300", "--from", str(log), "--out", str(file)]) == 0
    return file


def test_a_proof_from_a_folder_holds_without_server_or_folder(
    proof: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.rename(log.with_name("gone"))
    capsys.readouterr()
    assert main(["audit", "check-proof", str(proof), "--key", VKEY, "--witness", W1, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["index"], told["size"], told["entry"]) == (300, 600, json.loads(ENTRIES[300]))
    assert [one["witness"] for one in told["cosigned"]] == ["witness.example/w1"]


def test_a_kept_checkpoint_holds_the_log_to_it(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"size": 400, "checkpoint": NOTES[400], "key": VKEY}
    monkeypatch.setattr("spe.cli.client.Api.ask", lambda *_: told)
    kept = tmp_path / "kept"
    assert main(["audit", "head", "--out", str(kept)]) == 0
    assert main(["audit", "head", "--out", str(kept)]) == 2
    verify = ["audit", "verify", str(log), "--key", VKEY, "--seen", str(kept)]
    assert main(verify) == 0
    kept.write_text(NOTES[600].replace("600", "700", 1))
    assert main(verify) == 12


def test_a_proof_is_printed_where_no_file_is_named(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "prove", "5", "--from", str(log)]) == 0
    assert capsys.readouterr().out.startswith("c2sp.org/tlog-proof@v1\nextra ")


def test_a_proof_never_replaces_a_file(proof: Path, log: Path) -> None:
    before = proof.read_bytes()
    assert main(["audit", "prove", "5", "--from", str(log), "--out", str(proof)]) == 2
    assert proof.read_bytes() == before


def test_what_is_not_there_can_t_be_proved(log: Path, tmp_path: Path) -> None:
    assert main(["audit", "prove", "600", "--from", str(log)]) == 10
    assert main(["audit", "prove", "1", "--from", str(tmp_path / "none")]) == 2
    (log / "tile/0/001").unlink()
    assert main(["audit", "prove", "300", "--from", str(log)]) == 12


def test_a_changed_proof_ends_with_12(proof: Path) -> None:
    proof.write_text(proof.read_text().replace("index 300", "index 301"))
    assert main(["audit", "check-proof", str(proof), "--key", VKEY]) == 12


def test_a_witness_that_did_not_cosign_ends_with_12(proof: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "w2.pub").write_text(witness("witness.example/w2") + "\n")
    for what in (["check-proof", str(proof)], ["verify", str(log)]):
        words = ["audit", *what, "--key", VKEY, "--witness", W1]
        assert main(words) == 0
        assert main([*words, "--witness", str(tmp_path / "w2.pub")]) == 12
        assert main([*words, "--witness", VKEY]) == 2


def test_verify_takes_key_seen_and_state_from_files(log: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(VKEY + "\n")
    (tmp_path / "seen").write_text(NOTES[400])
    words = ["audit", "verify", str(log), "--key", str(tmp_path / "key"), "--seen", str(tmp_path / "seen")]
    assert main([*words, "--state", str(tmp_path / "state")]) == 0
    assert main([*words, "--state", str(tmp_path / "key")]) == 2
    assert (tmp_path / "key").read_text() == VKEY + "\n"


def test_verify_names_the_first_bad_entry(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = log / "tile/entries/001"
    data = bytearray(bundle.read_bytes())
    data[10] ^= 1
    bundle.write_bytes(data)
    assert main(["audit", "verify", str(log), "--key", VKEY]) == 12
    assert "first bad entry 256" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_for_people_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with bar("entries") as nobody:
        assert nobody is None
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    with bar("entries") as step:
        assert step is not None
        step(256, 600)
        step(600, 600)
    assert "600/600" in shown.getvalue()
