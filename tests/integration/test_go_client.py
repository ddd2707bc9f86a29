"""An implementation not written here agrees: Go's sumdb packages check what the real application exports and proves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders import CHECKOUT, patients
from tests.cast import Cast
from tests.unit.audit.signed_log import VKEY, checkpoints, entry, exported, write
from tests.world import open_world

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
SOURCE = CHECKOUT / "tests" / "integration" / "golang"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    assert go, "Go is needed: on Debian, apt-get install golang-go"
    program = tmp_path_factory.mktemp("go") / "check"
    subprocess.run([go, "build", "-mod=readonly", "-o", str(program), "."], cwd=SOURCE, check=True)
    return program


def said(client: Path, *words: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [str(client), *map(str, words)], capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout.strip()


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
