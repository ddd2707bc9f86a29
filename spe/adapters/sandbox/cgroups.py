"""A control group per run where this process may make one (version 1 or 2); where it may not, rlimits stand in.

Each group is a folder `spe-…` below the worker's own group. The worker makes it, opens `cgroup.procs` for the supervisor to
join its child through, and removes it when the run is over.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spe.errors import Unreachable
from spe.workspace.sandbox import Enforcement, Limits

_OVERHEAD = 3
_REMOVE_SECONDS = 2.0
_WIDEST = Limits(memory_bytes=1 << 40, processes=4096)


@dataclass(frozen=True, slots=True)
class Group:
    """One run's folder in one hierarchy."""

    path: Path
    by: Enforcement
    holds: frozenset[str]

    def join(self) -> int:
        """Return a descriptor on `cgroup.procs`: writing 0 to it moves the writer in."""
        return os.open(self.path / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def hold(self, limits: Limits) -> None:
        """Narrow the group to `limits`; raises `Unreachable` when the kernel no longer takes them."""
        for name in self.holds:
            if not _limit(self.path, name, self.by is Enforcement.CGROUP_V2, limits):
                raise Unreachable(f"the control group of the run can't hold its limit on {name}")

    def hits(self) -> frozenset[str]:
        """Return which of its limits the run met, of `memory` and `processes`."""
        found = set()
        if (
            "memory" in self.holds
            and _counter(self.path, ("memory.events", "memory.oom_control"), "oom_kill") > 0
        ):
            found.add("memory")
        if "processes" in self.holds and _counter(self.path, ("pids.events",), "max") > 0:
            found.add("processes")
        return frozenset(found)

    def remove(self) -> None:
        """Remove the folder; its last process may take a moment to leave it."""
        until = time.monotonic() + _REMOVE_SECONDS
        while True:
            try:
                self.path.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                if time.monotonic() > until:
                    return
                time.sleep(0.002)


def _counter(folder: Path, files: tuple[str, ...], key: str) -> int:
    for name in files:
        try:
            rows = (folder / name).read_text().splitlines()
        except OSError:
            continue
        return sum(int(row.split()[1]) for row in rows if row.split()[:1] == [key])
    return 0


def make(membership: str, root: Path = Path("/sys/fs/cgroup")) -> tuple[Group, ...]:
    """Make the groups that can be made, with the widest limits; `membership` is the text of /proc/self/cgroup.

    Returns none rather than an error: the caller then holds memory and processes by rlimit and says so.
    """
    made: list[Group] = []
    held: set[str] = set()
    for row in membership.splitlines():
        hierarchy, controllers, path = row.split(":", 2)
        version_2 = hierarchy == "0"
        wanted = {"memory", "processes"} if version_2 else _WANTED_V1.get(controllers, set())
        for mounted in (root, root / "unified") if version_2 else (root / controllers,):
            group = _make_one(mounted / path.lstrip("/"), version_2, wanted - held) if wanted - held else None
            if group is not None:
                made.append(group)
                held |= group.holds
    return tuple(made)


_WANTED_V1 = {"memory": {"memory"}, "pids": {"processes"}}


def _make_one(parent: Path, version_2: bool, wanted: set[str]) -> Group | None:
    if version_2 and not (parent / "cgroup.subtree_control").exists():
        return None
    _sweep(parent)
    path = parent / f"spe-{os.getpid()}-{secrets.token_hex(8)}"
    try:
        path.mkdir()
    except OSError:
        return None
    holds = {name for name in wanted if _limit(path, name, version_2, _WIDEST)}
    group = Group(path, Enforcement.CGROUP_V2 if version_2 else Enforcement.CGROUP_V1, frozenset(holds))
    if holds:
        try:
            os.close(group.join())
            return group
        except OSError:
            pass
    group.remove()
    return None


def _sweep(parent: Path) -> None:
    """Remove the groups of workers that were killed; one that still holds a process can't be removed."""
    for left in parent.glob("spe-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with suppress(OSError):
                left.rmdir()


def _limit(path: Path, name: str, version_2: bool, limits: Limits) -> bool:
    if name == "processes":
        return _write(path / "pids.max", limits.processes + _OVERHEAD)
    if version_2:
        _write(path / "memory.swap.max", 0)
        return _write(path / "memory.max", limits.memory_bytes)
    held = _write(path / "memory.limit_in_bytes", limits.memory_bytes)
    _write(path / "memory.memsw.limit_in_bytes", limits.memory_bytes)
    return held


def _write(file: Path, value: int) -> bool:
    """Write to a control file that the kernel made; never create one."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.write(descriptor, str(value).encode()) > 0
    except OSError:
        return False
    finally:
        os.close(descriptor)
