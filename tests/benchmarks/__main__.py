"""Runs every benchmark of this folder, one after the other, each in a process of its own: `python -m tests.benchmarks`.

Figures are for reading, never a gate; a benchmark that doesn't run to its end is.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    failed = []
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"== {path.stem.removeprefix('bench_')}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.{path.stem}"], check=False).returncode:
            failed.append(path.stem)
    for name in failed:
        print(f"{name} did not run to its end", file=sys.stderr)
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main())
