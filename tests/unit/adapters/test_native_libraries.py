"""Libraries that bring native code get along in one process, whichever is loaded first."""

from __future__ import annotations

import subprocess
import sys

import pytest

ADD = "import spe.crypto.sums.bfv"
ASK = "from spe.adapters.regopy_engine import Interpreter; print(Interpreter().query('x = 1 + 1'))"


@pytest.mark.parametrize("lines", [(ASK, ADD), (ADD, ASK)], ids=["policy first", "sums first"])
def test_the_policy_engine_and_encrypted_sums_load_into_one_process(lines: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, '"x":2' in done.stdout) == (0, True), done.stderr
