"""The very first sandbox on a machine, before anything is installed: `python3 spe/adapters/sandbox/first_start.py`.

Needs Python 3.11 and its standard library only. Ends with 0, or with 13 after one line that names cause and remedy.
"""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def first_start() -> int:
    """Really start a sandbox on the host's own programs and say what isolates it; return the exit code."""
    from spe.adapters.sandbox.bubblewrap import BubblewrapSandbox  # noqa: PLC0415 - set-up has no path to it before
    from spe.errors import Unreachable  # noqa: PLC0415 - as above

    sandbox = BubblewrapSandbox(lambda _: _ROOT)
    try:
        isolation = sandbox.probe()
    except Unreachable as cause:
        print(str(cause), file=sys.stderr)
        return cause.exit_code
    finally:
        sandbox.close()
    held = ", ".join(
        f"{limit.name} by {limit.by}" for limit in isolation.limits if limit.name in ("memory", "processes")
    )
    print(f"a sandbox started: {isolation.bwrap}, {isolation.unprivileged}; limits: {held}")
    return 0


if __name__ == "__main__":
    sys.path[0] = str(_ROOT)
    sys.exit(first_start())
