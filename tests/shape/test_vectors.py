"""Every file of vectors is what the script beside it writes, byte for byte, and without the program's help."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.tree import ROOT

FOLDER = ROOT / "tests" / "vectors"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.is_file() and path.suffix != ".py")


def test_each_file_has_its_script_and_each_script_its_file() -> None:
    scripts = {path.stem.removeprefix("make_") for path in FOLDER.glob("*.py")}
    assert scripts == {Path(name).stem for name in FILES}
    assert FILES


@pytest.mark.parametrize("name", FILES)
def test_making_it_again_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    for other in FOLDER.iterdir():
        if other.is_file() and other.name != name:
            shutil.copy(other, tmp_path)
    script = tmp_path / f"make_{Path(name).stem}.py"
    made = subprocess.run([sys.executable, "-I", script], cwd=tmp_path, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr.decode()
    assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
