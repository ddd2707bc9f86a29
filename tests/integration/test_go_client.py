"""Implementations not written here agree: packages in Go check what the real application exports, proves and has cosigned."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from spe.setup.go import go_program
from spe.setup.tools import tools_folder
from tests.builders import CHECKOUT, patients
from tests.cast import Cast
from tests.under_witnesses import NAMES, keyed, opened, watched
from tests.unit.audit.signed_log import VKEY, checkpoints, entry, exported, write
from tests.world import open_world

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
SOURCE = CHECKOUT / "tests" / "integration" / "golang"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = go_program(tools_folder())
    program = tmp_path_factory.mktemp("go") / "check"
    subprocess.run([go, "build", "-mod=readonly", "-o", str(program), "."], cwd=SOURCE, check=True)
    return program


def said(client: Path, *words: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [str(client), *map(str, words)], capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout.strip() or done.stderr


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[int, Path]]:
    """Return what a real installation exports and proves, and its public key."""
    home = tmp_path_factory.mktemp("home")
    with open_world(home / "spe") as world:
        cast = Cast(world)
        cast.given_data(patients())
        folder = cast.auditor.exports(home / "export")
        key = world.http.get("/v1/keys").json()["checkpoint"]
        proofs = {}
        for index in (0, 1, 7):
            proofs[index] = home / f"{index}.tlog-proof"
            proofs[index].write_bytes(cast.auditor.get("/log/proof", index=index))
    return folder, key, proofs


def test_the_export_of_a_real_installation_holds(
    client: Path, at_work: tuple[Path, str, dict[int, Path]]
) -> None:
    folder, key, _ = at_work
    size = (folder / "checkpoint").read_text().split("\n")[1]
    assert said(client, "folder", folder, key) == (0, f"{size} entries hold")


def test_its_proofs_hold_and_changed_ones_dont(
    client: Path, at_work: tuple[Path, str, dict[int, Path]], tmp_path: Path
) -> None:
    _, key, proofs = at_work
    for index, file in proofs.items():
        code, text = said(client, "proof", file, key)
        assert (code, text.split(" of ")[0]) == (0, f"entry {index}")
    data = proofs[7].read_text()
    for changed in (
        data.replace("index 7", "index 6"),
        data.replace("extra ", "extra AAAA"),
        "\n".join(data.split("\n")[:3] + data.split("\n")[4:]),
        data.replace("\n—", "\nx —"),
    ):
        (tmp_path / "changed").write_text(changed)
        assert said(client, "proof", tmp_path / "changed", key)[0] == 12


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600, 66_000])
def test_logs_of_every_kind_of_size_hold_with_all_their_older_checkpoints(
    client: Path, tmp_path: Path, size: int
) -> None:
    entries = [entry(number) for number in range(size)]
    notes = checkpoints(entries, {1, size // 2, max(size - 1, 1), size})
    folder = write(tmp_path / "log", exported(entries, notes))
    assert said(client, "folder", folder, VKEY) == (0, f"{size} entries hold")


@pytest.mark.parametrize("file", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "checkpoint"])
def test_a_changed_export_fails(client: Path, tmp_path: Path, file: str) -> None:
    entries = [entry(number) for number in range(600)]
    folder = write(tmp_path / "log", exported(entries, checkpoints(entries, {300, 600})))
    data = bytearray((folder / file).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / file).write_bytes(data)
    assert said(client, "folder", folder, VKEY)[0] == 12


@pytest.fixture(scope="module")
def cosigned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[str]]:
    """Return the newest cosigned checkpoint of a real installation's export, its key and those of its two witnesses."""
    folder = tmp_path_factory.mktemp("watched")
    home = keyed(folder / "home")
    with watched(home, folder) as witnesses, opened(home, folder) as world:
        cast = Cast(world)
        cast.given_data(patients())
        cast.given_permit(patients())
        export = cast.auditor.exports(folder / "export")
        key = world.http.get("/v1/keys").json()["checkpoint"]
    whole = [file for file in (export / "checkpoints").iterdir() if file.read_text().count("\n\u2014 ") == 3]
    return max(whole, key=lambda file: int(file.name)), key, [one.key.text() for one in witnesses]


def test_what_witnesses_cosigned_holds(client: Path, cosigned: tuple[Path, str, list[str]]) -> None:
    file, key, witnesses = cosigned
    size = file.read_text().split("\n")[1]
    for name, witness in zip(NAMES, witnesses, strict=True):
        code, text = said(client, "cosigned", file, key, witness)
        said_size, _, at = text.partition(f" entries seen by {name} at ")
        assert (code, said_size) == (0, size)
        assert abs(time.time() - int(at)) < 600


def test_what_they_did_not_cosign_does_not(
    client: Path, cosigned: tuple[Path, str, list[str]], tmp_path: Path
) -> None:
    file, key, (north, south) = cosigned
    note, changed = file.read_text(), tmp_path / "changed"
    text, lines = note.split("\n\n")
    log, first, second = lines.splitlines()
    for other in (
        f"{text}\n\n{log}\n",
        f"{text}\n\n{log}\n{second}\n",
        f"{text}\n\n{log}\n{first[:-3]}AA=\n{second}\n",
        note.replace(f"\n{text.splitlines()[1]}\n", f"\n{int(text.splitlines()[1]) + 1}\n"),
    ):
        changed.write_text(other)
        assert said(client, "cosigned", changed, key, north)[0] == 12
    changed.write_text(f"{text}\n\n{log}\n{first}\n")
    assert said(client, "cosigned", changed, key, south)[0] == 12
