"""What set-up tells the person who waits for it: one line for each step, with the time it took."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from spe.errors import SpeError, Unreachable

_TAIL = 15
_TICK = 1.0


def step(title: str, work: Callable[[], str]) -> None:
    """Do `work`, printing `title` before it, then the remark it returns and the seconds it took."""
    print(f"set-up: {title} ... ", end="", flush=True)
    start = time.monotonic()
    try:
        remark = work()
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{remark} ({time.monotonic() - start:.1f} s)", flush=True)


def ticking(title: str, work: Callable[[], str]) -> None:
    """Do `work` as `step` does, and on a terminal count the seconds while it takes them."""
    over = threading.Event()
    counter = threading.Thread(target=_count, args=(title, over), daemon=True)
    if sys.stdout.isatty():
        counter.start()
    try:
        step(title, work)
    finally:
        over.set()


def _count(title: str, over: threading.Event) -> None:
    start = time.monotonic()
    while not over.wait(_TICK):
        print(f"\rset-up: {title} ... {time.monotonic() - start:.0f} s ", end="", flush=True)


def call(argv: Sequence[str | Path], remedy: str, env: Mapping[str, str] | None = None) -> str:
    """Run a program and return what it printed; raise `Unreachable` with `remedy` and its last lines if it fails."""
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
        check=False,
    )
    if done.returncode:
        said = "".join(f"\n    {line}" for line in done.stdout.splitlines()[-_TAIL:])
        raise Unreachable(f"{Path(argv[0]).name} ended with {done.returncode}. {remedy}{said}")
    return done.stdout


def complain(error: SpeError) -> int:
    """Print why set-up can't go on and return the exit code for it."""
    print(f"set-up: {error}", file=sys.stderr)
    return error.exit_code
