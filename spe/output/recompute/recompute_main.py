"""Start of the recomputation: `python -I recompute_main.py PLAN COHORT OUTPUTS RESULTS`.

Isolated mode leaves the script's folder off `sys.path`, and the package may be mounted under any name.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def start() -> int:
    """Import the program from the folder that holds this file, and run it."""
    package = Path(__file__).resolve().parent
    sys.path.append(str(package.parent))
    status: int = importlib.import_module(f"{package.name}.program").main(sys.argv[1:])
    return status


if __name__ == "__main__":
    sys.exit(start())
