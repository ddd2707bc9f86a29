"""Where a worker may find itself, and whether the sandbox's namespaces are really others than the worker's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from spe.workspace.sandbox import Limits, SandboxResult
from tests.attacks.sandbox_world import MEBIBYTE, becomes, new_box
from tests.attacks.test_sandbox_resources import sleeper

ROOT = Path(__file__).resolve().parents[2]
FIRST_START = ROOT / "spe" / "adapters" / "sandbox" / "first_start.py"
NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
BECOME_ROOT = [] if os.geteuid() == 0 else ["-U", "-r"]


def start_in(*flags: str) -> subprocess.CompletedProcess[str]:
    line = ["unshare", *BECOME_ROOT, *flags, sys.executable, str(FIRST_START)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "flags",
    [("-p", "-f", "-m", "--mount-proc"), ("-p", "-f"), ("-m", "-n", "-i", "-u")],
    ids=[
        "own pid namespace and /proc, as in a container",
        "own pid namespace, old /proc",
        "other namespaces",
    ],
)
def test_a_first_start_succeeds_inside_other_namespaces(flags: tuple[str, ...]) -> None:
    for _ in range(3):
        done = start_in(*flags)
        assert done.returncode == 0, done.stderr
        assert "a sandbox started" in done.stdout


def test_a_machine_that_masks_its_proc_gets_a_remedy_and_no_sandbox() -> None:
    mask = f"mount --bind /dev/null /proc/cpuinfo && exec {sys.executable} {FIRST_START}"
    line = ["unshare", *BECOME_ROOT, "-p", "-f", "-m", "--mount-proc", "sh", "-c", mask]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 13
    assert "systempaths=unconfined" in done.stderr


@pytest.mark.parametrize("control_groups", [True, False])
def test_every_namespace_of_a_run_is_its_own(control_groups: bool) -> None:
    box, stop = new_box(control_groups=control_groups), Event()
    marker, results = f"namespaces-{os.getpid()}-{control_groups}", list[SandboxResult]()
    limits = Limits(wall_seconds=60.0, memory_bytes=256 * MEBIBYTE)
    thread = Thread(target=lambda: results.append(box.run(sleeper(marker), limits, stop=stop)))
    thread.start()
    try:
        assert becomes(True, marker)
        inside = _namespaces(_process(marker))
    finally:
        stop.set()
        thread.join()
        box.sandbox.close()
    ours = _namespaces(os.getpid())
    assert [name for name in NAMESPACES if inside[name] == ours[name]] == []


def _process(marker: str) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    return int(entry.name)
            except OSError:
                continue
    raise AssertionError("the run is not there")


def _namespaces(pid: int) -> dict[str, str]:
    return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in NAMESPACES}
