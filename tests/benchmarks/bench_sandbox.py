"""Start of a no-op in our sandbox (A) against the bare interpreter (B) and a hand-written bubblewrap line (C).

Run `python -m tests.benchmarks.bench_sandbox [rounds]`. Each round goes A C B B C A, all three with the interpreter and the
flags of the same runtime; once with a rest before each start, once back to back, where preparing the next supervisor costs the
present one. Reported is the median of the rounds' ratios with a bootstrap 95 % interval.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Event

from spe.adapters.sandbox import seccomp
from spe.adapters.sandbox.bubblewrap import BubblewrapSandbox
from spe.workspace.sandbox import Limits, Outcome, SandboxSpec
from tests.attacks.sandbox_world import small_runtime
from tests.benchmarks.rounds import ROUNDS, seconds, spread

COMMAND = ("/usr/bin/python3", "-I", "-B", "-c", "pass")
STARTS = 12


def hand_written(root: Path, own: Path, seccomp_fd: int) -> list[str]:
    """What one would type for the same isolation: same namespaces, filter, binds, sized tmpfs, rlimits, priority.

    It lacks what no line gives: limits on files, control groups, an outputs folder that is bounded and read when all is dead.
    """
    limits = Limits()
    size = str(limits.file_bytes)
    line = [
        *("nice", "-n", "10"),
        "prlimit",
        f"--as={limits.memory_bytes}",
        f"--nproc={limits.processes}",
        f"--fsize={limits.file_bytes}",
    ]
    line += [
        f"--nofile={limits.open_files}",
        "--core=0",
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
    ]
    line += ["--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--clearenv"]
    line += ["--ro-bind", str(root), "/"]
    for device in ("null", "zero", "random", "urandom"):
        line += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    line += ["--size", size, "--tmpfs", "/dev/shm", "--size", size, "--tmpfs", "/tmp"]
    line += ["--ro-bind", str(own / "job"), "/job", "--bind", str(own / "outputs"), "/outputs"]
    return [*line, "--chdir", "/", "--seccomp", str(seccomp_fd), "--", *COMMAND]


def by_hand(root: Path, own: Path) -> Callable[[], None]:
    """The line with its filter read from a file, as `10<filter` would in a shell."""
    (own / "filter").write_bytes(seccomp.program(platform.machine()))
    for name in ("job", "outputs"):
        (own / name).mkdir()

    def start() -> None:
        with (own / "filter").open("rb") as file:
            line = hand_written(root, own, file.fileno())
            subprocess.run(
                line, check=True, stdin=subprocess.DEVNULL, capture_output=True, pass_fds=(file.fileno(),)
            )

    return start


def bare(root: Path) -> list[str]:
    """The runtime's own interpreter and libraries, started by its own loader."""
    loader = next(path for path in root.rglob("ld-*") if path.is_file())
    libraries = next(root.rglob("libc.so.6")).parent
    return [str(loader), "--library-path", str(libraries), f"{root}{COMMAND[0]}", *COMMAND[1:]]


def process(line: list[str]) -> Callable[[], None]:
    def start() -> None:
        subprocess.run(line, check=True, stdin=subprocess.DEVNULL, capture_output=True)

    return start


def ours(sandbox: BubblewrapSandbox) -> Callable[[], None]:
    spec = SandboxSpec(small_runtime().ref, COMMAND, ())

    def start() -> None:
        assert sandbox.run(spec, Event()).outcome is Outcome.FINISHED

    return start


def mean_ms(action: Callable[[], None], rest: float) -> float:
    """Return the mean time of a start; `rest` seconds before each are not counted, in no arm."""
    total = 0.0
    for _ in range(STARTS):
        time.sleep(rest)
        total += seconds(action)
    return total / STARTS * 1000


def measure(rounds: int, own: Path, *, control_groups: bool, rest: float) -> None:
    root = small_runtime().path
    sandbox = BubblewrapSandbox(lambda _: root, control_groups=control_groups)
    arms = {"A": ours(sandbox), "B": process(bare(root)), "C": by_hand(root, own)}
    for action in arms.values():
        action()
    seen: dict[str, list[float]] = {arm: [] for arm in arms}
    for _ in range(rounds):
        times: dict[str, list[float]] = {arm: [] for arm in arms}
        for arm in "ACBBCA":
            times[arm].append(mean_ms(arms[arm], rest))
        for arm, both in times.items():
            seen[arm].append(sum(both) / 2)
    sandbox.close()
    how = "control groups where possible" if control_groups else "rlimits"
    print(f"limits by {how}, {rest * 1000:.0f} ms rest before each start, {rounds} rounds of {2 * STARTS}")
    for arm, name in (("A", "our sandbox"), ("B", "bare process"), ("C", "hand-written bubblewrap")):
        print(f"  {name:26} {median(seen[arm]):6.2f} ms")
    for other, aim in (("B", ""), ("C", "(aim 1.15)")):
        ratios = [a / b for a, b in zip(seen["A"], seen[other], strict=True)]
        print(f"  A / {other}                      {spread(ratios)} {aim}")
    print(
        f"  A - B in ms                {spread([a - b for a, b in zip(seen['A'], seen['B'], strict=True)])} (aim 15)"
    )


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for groups in (True, False):
        for rest in (0.05, 0.0):
            with tempfile.TemporaryDirectory(prefix="spe-bench-") as own:
                measure(wanted, Path(own), control_groups=groups, rest=rest)
