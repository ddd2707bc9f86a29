from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from spe.cli.main import main
from spe.crypto import canonical, ed25519
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import Signed, sign
from spe.release.bundle import digests, pack

PERMITS = SigningKey(StatementKind.PERMIT, "spe.example/log", ed25519.generate())
RELEASES = SigningKey(StatementKind.RELEASE, "spe.example/log", ed25519.generate())
FILES = {"table.csv": b"grade,events\nI+II,220\n", "methods.json": b"{}\n"}


@pytest.fixture
def permit(tmp_path: Path) -> Path:
    signed = sign(PERMITS, {"kind": "permit", "version": 1, "id": "per-1", "demo": True})
    (tmp_path / "permit.json").write_text(signed.statement)
    (tmp_path / "permit.json.sig").write_text(signed.signature)
    return tmp_path / "permit.json"


def released(
    files: dict[str, bytes], named: dict[str, bytes] | None = None, key: SigningKey = RELEASES
) -> bytes:
    fields: dict[str, Any] = {
        "kind": key.kind.value,
        "version": 1,
        "id": "rel-1",
        "files": digests(named or files),
    }
    return pack(files, sign(key, fields))


def key_of(key: SigningKey) -> str:
    return key.public.text()


def test_a_permit_is_verified_with_the_public_key_alone(
    permit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["permit", "verify", str(permit), "--key", key_of(PERMITS)]) == 0
    assert "per-1 of a DEMO" in capsys.readouterr().out


def test_the_key_may_come_from_a_file(permit: Path, tmp_path: Path) -> None:
    (tmp_path / "permit.pub").write_text(key_of(PERMITS) + "\n")
    assert main(["permit", "verify", str(permit), "--key", str(tmp_path / "permit.pub")]) == 0


def test_each_flipped_bit_of_permit_or_signature_ends_with_12(permit: Path) -> None:
    for file in (permit, permit.with_name("permit.json.sig")):
        good = file.read_bytes()
        for at in range(0, len(good), 5):
            file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            assert main(["permit", "verify", str(permit), "--key", key_of(PERMITS)]) == 12
        file.write_bytes(good)


def test_another_key_verifies_nothing(permit: Path) -> None:
    other = SigningKey(StatementKind.PERMIT, "spe.example/log", ed25519.generate())
    for key in (key_of(other), key_of(RELEASES)):
        assert main(["permit", "verify", str(permit), "--key", key]) == 12
    assert main(["permit", "verify", str(permit), "--key", "x+y+z"]) == 2


def test_a_release_is_exactly_its_files(tmp_path: Path) -> None:
    file = tmp_path / "release.zip"
    file.write_bytes(released(FILES))
    assert main(["release", "verify", str(file), "--key", key_of(RELEASES)]) == 0


@pytest.mark.parametrize(
    "zipped",
    [
        released({**FILES, "table.csv": b"grade,events\nI+II,221\n"}, FILES),
        released({**FILES, "more.csv": b"x"}, FILES),
        released({"table.csv": FILES["table.csv"]}, FILES),
        released(FILES, key=PERMITS),
        b"no zip at all",
        b"",
        released(FILES)[:-30],
        pack(FILES, Signed("{}", "{}")),
    ],
)
def test_a_release_that_differs_in_anything_ends_with_12(tmp_path: Path, zipped: bytes) -> None:
    file = tmp_path / "release.zip"
    file.write_bytes(zipped)
    assert main(["release", "verify", str(file), "--key", key_of(RELEASES)]) == 12


def test_every_changed_byte_of_a_released_file_ends_with_12(tmp_path: Path) -> None:
    file, good = tmp_path / "release.zip", released(FILES)
    start = good.index(b"table.csv") + len(b"table.csv")
    for at in range(start, start + 20):
        file.write_bytes(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
        assert main(["release", "verify", str(file), "--key", key_of(RELEASES)]) == 12


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_two_files_of_one_name_ends_with_12(tmp_path: Path) -> None:
    buffer = io.BytesIO(released(FILES))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("table.csv", b"another")
    (tmp_path / "release.zip").write_bytes(buffer.getvalue())
    assert main(["release", "verify", str(tmp_path / "release.zip"), "--key", key_of(RELEASES)]) == 12
    assert canonical.parse(b"{}") == {}
