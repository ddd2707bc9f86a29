"""A witness that dies at a chosen step: `python -m tests.attacks.witness_child WHEN KEEPING witness serve ...`.

WHEN is `before`, `while` or `after` a head is kept; KEEPING says at which of them, the first being 1.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from spe.cli.main import main
from spe.witness.folder import LogFolder


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def lay(when: str, keeping: int) -> None:
    keep, number = LogFolder.keep, count(1)

    def dying(log: LogFolder, note: str) -> None:
        if next(number) != keeping:
            keep(log, note)
            return
        if when == "before":
            die()
        if when == "while":
            Path.replace = lambda *_: die()  # type: ignore[assignment, method-assign]
        keep(log, note)
        die()

    LogFolder.keep = dying  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    lay(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
