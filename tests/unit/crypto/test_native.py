"""Tests of what calls TenSEAL, in a process of their own, as the library is never loaded in another."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.shape.tree import ROOT


def test_what_calls_the_library_of_encryption_passes_its_tests() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/native"],
        cwd=ROOT,
        env={**os.environ, "SPE_NATIVE_TESTS": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
