"""What the sandbox's tests share: a small runtime (standard library only), a way to run a program, a look at the host."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

from spe.adapters.sandbox.bubblewrap import BubblewrapSandbox
from spe.adapters.sandbox.runtime import Runtime, build_runtime
from spe.workspace.sandbox import (
    CodeFile,
    DataFile,
    DeclaredFile,
    Limits,
    SandboxResult,
    SandboxSpec,
    python_argv,
)

MEBIBYTE = 1 << 20
REPORT = "report.json"
ENVIRONMENT = (("HOME", "/tmp"), ("LANG", "C.UTF-8"))


@cache
def small_runtime() -> Runtime:
    """Build once per machine and user; the fallback is for users without a home."""
    for root in (
        os.environ.get("SPE_TOOLS"),
        os.path.expanduser("~/.cache/spe-tools"),
        tempfile.gettempdir(),
    ):
        if root and os.access(_existing(Path(root)), os.W_OK):
            return build_runtime(Path(sys.executable), Path(root) / f"runtimes-{os.getuid()}", packages=False)
    raise AssertionError("there is no folder to build a runtime in")


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


@dataclass(frozen=True, slots=True)
class Box:
    """A sandbox and how its memory and processes are held."""

    sandbox: BubblewrapSandbox
    control_groups: bool

    def run(
        self,
        program: str,
        limits: Limits | None = None,
        outputs: Iterable[str] = (REPORT,),
        data: tuple[DataFile, ...] = (),
        parameters: bytes = b"{}",
        environment: tuple[tuple[str, str], ...] = ENVIRONMENT,
        stop: Event | None = None,
        most: int = MEBIBYTE,
        reveal: bool = True,
    ) -> SandboxResult:
        spec = SandboxSpec(
            runtime=small_runtime().ref,
            argv=python_argv("main.py"),
            outputs=tuple(DeclaredFile(name, most) for name in outputs),
            code=(CodeFile("main.py", 0o644, program.encode()),),
            environment=environment,
            data=data,
            parameters=parameters,
            limits=limits or Limits(wall_seconds=20.0, memory_bytes=256 * MEBIBYTE, processes=16),
            reveal_errors=reveal,
        )
        return self.sandbox.run(spec, stop or Event())


def new_box(*, control_groups: bool) -> Box:
    sandbox = BubblewrapSandbox(lambda _: small_runtime().path, control_groups=control_groups)
    return Box(sandbox, control_groups)


def report(result: SandboxResult) -> Any:
    """Return what the program reported; the run's own words are in the message when there is none."""
    assert [file.name for file in result.outputs] == [REPORT], (result.outcome, result.stderr.last.decode())
    return json.loads(result.outputs[0].content)


def held_by(result: SandboxResult, name: str) -> tuple[str, bool]:
    """Return what held a limit of the run's record, and whether it was met."""
    return next((limit.by.value, limit.hit) for limit in result.isolation.limits if limit.name == name)


def alive(marker: str) -> int:
    """Count the host's processes whose command line holds `marker`, zombies not."""
    found = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                found += marker.encode() in (entry / "cmdline").read_bytes()
            except OSError:
                continue
    return found


def becomes(wanted: bool, marker: str, seconds: float = 15.0) -> bool:
    """Wait until processes with `marker` are there, or are not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (alive(marker) > 0) is wanted:
            return True
        time.sleep(0.01)
    return False
