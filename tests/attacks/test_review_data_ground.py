"""A runtime that was changed, and written down as unchanged, is not the one that was approved."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from spe.adapters.sandbox import runtime
from spe.errors import SpeError


def test_a_runtime_whose_list_was_rewritten_with_it_is_refused_at_the_start(tmp_path: Path) -> None:
    tree = tmp_path / "draft" / "root" / "usr"
    tree.mkdir(parents=True)
    (tree / "pandas.py").write_text("honest = True\n")
    built = runtime._publish(tmp_path / "draft", tmp_path, tmp_path / "key-x")
    changed = built.path / "usr" / "pandas.py"
    changed.write_text("honest = False\n")
    noted = json.loads((built.path.parent / "files.json").read_text())
    noted["fingerprint"] = runtime._fingerprint(built.path)
    (built.path.parent / "files.json").write_text(json.dumps(noted))
    assert os.listdir(tmp_path)
    with pytest.raises(SpeError):
        runtime.load_runtime(tmp_path, built.digest)
