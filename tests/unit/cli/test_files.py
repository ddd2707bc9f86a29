from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from spe.cli.files import read_map, read_project
from spe.cli.unpack import unpack
from spe.code.upload import Upload
from spe.errors import IntegrityFailure, Malformed
from spe.values import from_data

ABOUT = "title: Events\nentry: main.py\nparameters: []\noutputs: []\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "parts").mkdir(parents=True)
    (folder / "spe.yaml").write_text(ABOUT)
    (folder / "main.py").write_text("print(1)\n")
    (folder / "parts" / "table.py").write_text("x = 1\n")
    return folder


def test_a_project_is_read_as_an_upload(project: Path) -> None:
    (project / "main.py").chmod(0o755)
    upload = from_data(Upload, read_project(project))
    assert (upload.title, upload.entry) == ("Events", "main.py")
    assert [(file.path, file.executable) for file in upload.files] == [
        ("main.py", True),
        ("parts/table.py", False),
    ]


def test_caches_are_left_out(project: Path) -> None:
    (project / "__pycache__").mkdir()
    (project / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"\0")
    assert len(read_project(project)["files"]) == 2


def test_links_special_files_bytecode_and_binaries_are_refused(project: Path) -> None:
    def link(path: Path) -> None:
        path.symlink_to("/etc/hostname")

    def folder_link(path: Path) -> None:
        path.symlink_to(project.parent)

    makers: dict[str, Callable[[Path], object]] = {
        "link.py": link,
        "folder": folder_link,
        "pipe": os.mkfifo,
        "main.pyc": lambda path: path.write_bytes(b"\0"),
        "fast.so": lambda path: path.write_bytes(b"\x7fELF"),
        "data.bin": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    }
    for name, make in makers.items():
        make(project / name)
        with pytest.raises(Malformed, match=name):
            read_project(project)
        (project / name).unlink()


def test_a_project_has_at_most_two_mebibytes(project: Path) -> None:
    for at in range(3):
        (project / f"part{at}.py").write_text("#" * (1 << 20))
    with pytest.raises(Malformed, match="2 MiB"):
        read_project(project)


def test_a_project_without_its_description_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"spe\.yaml"):
        read_project(tmp_path)


def test_yaml_that_would_surprise_is_refused(tmp_path: Path) -> None:
    for text in (
        "a: &x 1\nb: *x\n",
        "a: 1\na: 2\n",
        "1: 2\n",
        "a: !!python/object:os.system x\n",
        "[1]",
        "a: {<<: {b: 1}, b: 2, b: 3}",
    ):
        (tmp_path / "x.yaml").write_text(text)
        with pytest.raises(Malformed):
            read_map(tmp_path / "x.yaml")


def test_a_date_in_yaml_stays_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: 2026-01-01\n")
    assert read_map(tmp_path / "x.yaml") == {"a": "2026-01-01"}


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "a\\b", "", ".hidden", "a//b", "C:x", "a/./b"]
)
def test_an_export_writes_nowhere_but_in_its_folder(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name or " "), b"x")
    with pytest.raises(IntegrityFailure):
        unpack(tmp_path / "x.zip", tmp_path / "out")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "x.zip"]


def test_an_export_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(Malformed):
        unpack(tmp_path / "x.zip", tmp_path)
    with pytest.raises(IntegrityFailure):
        unpack(tmp_path / "x.zip", tmp_path / "out")
