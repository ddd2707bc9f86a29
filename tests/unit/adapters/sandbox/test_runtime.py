from __future__ import annotations

import fcntl
import os
import shutil
import sys
from pathlib import Path

import pytest

from spe.adapters.sandbox import runtime
from spe.adapters.sandbox.runtime import (
    Runtime,
    build_runtime,
    check_fingerprint,
    load_runtime,
    renew_fingerprint,
    verify_runtime,
)
from spe.errors import IntegrityFailure, Unreachable
from tests.attacks.sandbox_world import small_runtime


@pytest.fixture
def copy(tmp_path: Path) -> Runtime:
    """A part of a runtime is enough to be touched."""
    built = small_runtime()
    root = tmp_path / built.digest / "root"
    shutil.copytree(
        built.path / "usr" / "lib" / next((built.path / "usr" / "lib").iterdir()).name / "json", root / "json"
    )
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    made = Runtime(root, runtime._digest(runtime._rows(root)))
    renew_fingerprint(made)
    return made


def test_the_tree_holds_files_and_folders_only_readable_by_all() -> None:
    root = small_runtime().path
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            assert not path.is_symlink()
            assert path.stat().st_mode & 0o777 in (0o444, 0o555)


def test_one_program_and_one_loader_may_be_started() -> None:
    root = small_runtime().path
    programs = [p for p in root.rglob("*") if p.is_file() and p.stat().st_mode & 0o111]
    assert {p.name.split("-")[0] for p in programs} == {"python3", "ld"}


def test_a_second_build_is_the_first() -> None:
    built = small_runtime()
    assert build_runtime(Path(sys.executable), built.path.parents[1], packages=False) == built
    assert load_runtime(built.path.parents[1], built.digest) == built


def test_who_finds_it_built_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    built, hashed = small_runtime(), []
    lock = built.path.parents[1] / "lock"

    def load(root: Path, digest: str) -> Runtime:
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hashed.append(digest)
        return load_runtime(root, digest)

    monkeypatch.setattr(runtime, "load_runtime", load)
    assert build_runtime(Path(sys.executable), built.path.parents[1], packages=False) == built
    assert hashed == [built.digest]


def test_an_untouched_tree_passes_both_looks(copy: Runtime) -> None:
    check_fingerprint(copy)
    verify_runtime(copy)


def test_one_byte_is_found_even_when_size_and_time_are_put_back(copy: Runtime) -> None:
    file = next(copy.path.rglob("*.py"))
    before = file.stat()
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    with file.open("r+b") as opened:
        opened.write(data)
    file.chmod(before.st_mode & 0o777)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(IntegrityFailure):
        check_fingerprint(copy)
    with pytest.raises(IntegrityFailure):
        verify_runtime(copy)
    with pytest.raises(IntegrityFailure):
        renew_fingerprint(copy)


@pytest.mark.parametrize("change", ["added", "removed", "mode", "link", "folder"])
def test_any_other_change_is_found(copy: Runtime, change: str) -> None:
    file = next(copy.path.rglob("*.py"))
    if change == "added":
        (file.parent / "sitecustomize.py").write_text("")
    elif change == "removed":
        file.unlink()
    elif change == "mode":
        file.chmod(0o755)
    elif change == "link":
        (file.parent / "x.py").symlink_to("/etc/passwd")
    else:
        (file.parent / "empty").mkdir()
    for look in (check_fingerprint, verify_runtime):
        with pytest.raises(IntegrityFailure):
            look(copy)


def test_a_runtime_that_is_not_here_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        load_runtime(tmp_path, "0" * 64)
    with pytest.raises(Unreachable):
        build_runtime(tmp_path / "python", tmp_path)
