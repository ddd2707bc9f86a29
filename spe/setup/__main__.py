"""`python3 -m spe.setup`: make this checkout ready; silent and quick where it is ready already.

`python3 -m spe.setup runtime` prints where the analysis runtime's environment is; `tools [NAME ...]` builds programs of
other makers.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from spe.errors import Malformed, Unreachable
from spe.setup.console import complain, step
from spe.setup.environments import RuntimeEnvironment, ServerEnvironment, cache
from spe.setup.pages import PageAssets
from spe.setup.stamp import alone
from spe.setup.system import bubblewrap, can_make_venvs, first_sandbox
from spe.setup.tools import make_tools

_ROOT = Path(__file__).resolve().parents[2]


def main(words: list[str]) -> int:
    """Return 0 when everything is there, 2 for words that mean nothing, 13 when something can't be had."""
    try:
        return _do(words)
    except (Malformed, Unreachable) as error:
        return complain(error)
    except OSError as error:
        return complain(Unreachable(f"the machine refused: {error}. Call again when that is mended"))
    except KeyboardInterrupt:
        return 130


def _do(words: list[str]) -> int:
    server, runtime, pages = ServerEnvironment(_ROOT), RuntimeEnvironment(_ROOT), PageAssets(_ROOT)
    if words == ["runtime"]:
        print(runtime.folder)
    elif words[:1] == ["tools"]:
        make_tools(words[1:])
    elif words:
        print("usage: python3 -m spe.setup [runtime | tools [NAME ...]]", file=sys.stderr)
        return 2
    else:
        _make_ready(server, runtime, pages)
    return 0


def _make_ready(*parts: ServerEnvironment | RuntimeEnvironment | PageAssets) -> None:
    if all(part.is_whole() for part in parts) and shutil.which("bwrap") is not None:
        return
    with alone(_ROOT / "var" / "setup.lock"), alone(cache() / "setup.lock"):
        _prepare_machine()
        for part in parts:
            if not part.is_whole():
                step(part.title, part.make)


def _prepare_machine() -> None:
    step("bubblewrap", bubblewrap)
    step("a sandbox on this machine", lambda: first_sandbox(_ROOT))
    step(f"Python {sys.version.split()[0]}", can_make_venvs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
