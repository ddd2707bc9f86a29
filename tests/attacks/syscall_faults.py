"""Lets a chosen system call of a process fail: strace holds the process and answers in the kernel's place.

What the process has to tell goes through shared memory, so that no fault meets the telling.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CALLS = (
    "fsync",
    "fdatasync",
    "pwrite64",
    "write",
    "ftruncate",
    "openat",
    "link",
    "unlink",
    "mkdir",
    "rename",
)
_LINE = re.compile(r"^(\d+)\s+(\w+)\(")
_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)
_ROOM = 1 << 16


@dataclass(frozen=True, slots=True)
class Fault:
    """The call `call` answers `error` where a thread makes it the `at`-th time; with `then`, ever after too."""

    call: str
    error: str
    at: int
    then: str = ""

    def option(self) -> str:
        return f"inject={self.call}:error={self.error}:when={self.at}{self.then}"


@dataclass(slots=True)
class Told:
    """What a process told before it ended, how it ended, and what it called."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    status: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)

    @property
    def injected(self) -> bool:
        """Say whether the fault was met at all."""
        return any("(INJECTED" in line for line in self.trace)


class Telling:
    """Lines that outlive their process, without a system call."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _ROOM)

    def __call__(self, **line: Any) -> None:
        self._memory.write(json.dumps(line).encode() + b"\n")

    def lines(self) -> list[dict[str, Any]]:
        text = bytes(self._memory[:]).rstrip(b"\0")
        return [json.loads(line) for line in text.split(b"\n")[:-1]]


def run(
    act: Callable[[Telling], None], trace: Path, options: list[str], watched: tuple[Path, ...] = ()
) -> Told:
    """Let `act` happen in a process under strace with `options`; of calls with a path or file, only on `watched`."""
    telling, (ready, go) = Telling(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        ctypes.CDLL(None).prctl(_PTRACER, _ANY, 0, 0, 0)
        os.read(ready, 1)
        _act_and_die(act, telling)
    os.close(ready)
    line = ["strace", "-f", "-y", "-p", str(pid), "-o", str(trace), "-e", f"trace={','.join(CALLS)}"]
    line += [part for path in watched for part in ("-P", str(path))]
    line += [part for option in options for part in ("-e", option)]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        attached = tracer.stderr.readline()
        if "attached" not in attached:
            os.kill(pid, signal.SIGKILL)
        os.close(go)
        status = os.waitpid(pid, 0)[1]
        tracer.stderr.read()
    assert "attached" in attached, attached
    return _read(trace, telling, status)


def alone(act: Callable[[Telling], None]) -> Told:
    """Let `act` happen in a process of its own, under nobody."""
    telling = Telling()
    pid = os.fork()
    if pid == 0:
        _act_and_die(act, telling)
    status = os.waitpid(pid, 0)[1]
    return Told(telling.lines(), status)


def _act_and_die(act: Callable[[Telling], None], telling: Telling) -> None:
    """End the process as a kill would: nothing is closed, nothing is flushed."""
    try:
        act(telling)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the process ended with
        with contextlib.suppress(BaseException):
            telling(ended=type(error).__name__, what=str(error)[:300])
    os._exit(0)


def _read(trace: Path, telling: Telling, status: int) -> Told:
    text = trace.read_text(errors="replace").split("\n")
    per_thread = Counter(found.groups() for line in text if (found := _LINE.match(line)) is not None)
    counts: Counter[str] = Counter()
    for (_, call), times in per_thread.items():
        counts[call] = max(counts[call], times)
    return Told(telling.lines(), status, counts, text)
