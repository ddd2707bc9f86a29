"""kill -9 of server and worker while they work, again and again, over one and the same installation."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event as Ready
from pathlib import Path

import pytest

from spe.adapters.database.engine import open_database
from spe.adapters.database.log import DatabaseLog
from spe.audit.export import export_files, write_export
from spe.audit.verify import verify_export
from spe.crypto.signing import StatementKind
from spe.run.model import Run, State, StatusCode
from spe.run.office import RunOffice
from spe.wiring.home import Home
from tests.attacks.kill_check import Found, Tally, compare, head_fits, read_database, read_journals
from tests.attacks.kill_child import serve, whole, work
from tests.builders import MILANO, THERAPY_TABLE, patients, project
from tests.cast import Cast

_SUBREAPER = 36
_LIVES = (0.3, 2.5)
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.attacks.kill_child"])


@contextmanager
def orphans_come_here() -> Iterator[Callable[[], set[int]]]:
    """Adopt the children of killed processes; yield a look at which of them still live."""
    prctl = ctypes.CDLL(None).prctl
    before = children()
    prctl(_SUBREAPER, 1, 0, 0, 0)
    try:
        yield lambda: children() - before
    finally:
        prctl(_SUBREAPER, 0, 0, 0, 0)


def children() -> set[int]:
    found = {
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    }
    return {pid for pid in found if not _is_over(pid)}


def _is_over(pid: int) -> bool:
    with suppress(OSError):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            return True
    return False


def fuses(seed: int) -> Iterator[int]:
    """Yield at which step to die: some while opening, most in the middle of work, some by an outside hand only (0)."""
    dice = random.Random(seed)
    while True:
        kind = dice.random()
        yield dice.randint(1, 150) if kind < 0.2 else 0 if kind < 0.35 else dice.randint(150, 1500)


def kill_again_and_again(home: Path, journal: Path, deaths: int, permit: str, code: str) -> dict[str, int]:
    """Let server and worker die `deaths` times in all; return how often each did."""
    parts: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
        "server": (serve, (permit, code)),
        "worker": (work, ()),
    }
    plans = {name: fuses(seed) for seed, name in enumerate(parts)}
    alive: dict[str, tuple[ForkServerProcess, Ready]] = {}
    ends: dict[str, float] = {}
    died = dict.fromkeys(parts, 0)
    dice = random.Random(7)
    while sum(died.values()) < deaths:
        for name, (target, more) in parts.items():
            if name not in alive:
                ready = _CONTEXT.Event()
                arguments = (home, journal, next(plans[name]), ready, *more)
                process = _CONTEXT.Process(target=target, args=arguments)
                process.start()
                alive[name] = (process, ready)
                ends.pop(name, None)
            process, ready = alive[name]
            if ready.is_set() and time.monotonic() > ends.setdefault(
                name, time.monotonic() + dice.uniform(*_LIVES)
            ):
                process.kill()
            process.join(0.02)
            if process.exitcode is not None:
                assert process.exitcode == -9, f"{name} ended by itself: {process.exitcode}"
                died[name] += 1
                del alive[name]
    for process, _ in alive.values():
        process.kill()
        process.join()
    return died


def prepare(home: Path) -> tuple[str, str]:
    """Make an installation with data, a permit, code, and two runs that wait for a worker."""
    with whole(home) as world:
        cast = Cast(world)
        cast.given_data(patients())
        permit = cast.given_permit(patients())
        code = cast.researcher.registers(permit, project(THERAPY_TABLE))
        for _ in range(2):
            cast.researcher.starts(permit, MILANO, code, kind="twin", seconds=20)
        return permit, code


def look(home: Path) -> Found:
    engine = open_database(f"sqlite:///{home}/spe.db")
    found = read_database(engine)
    engine.dispose()
    return found


def log_verifies(home: Path, folder: Path) -> None:
    """Check the head against the entries, and all that is signed with the auditor's own verifier."""
    engine = open_database(f"sqlite:///{home}/spe.db")
    log = DatabaseLog(engine)
    assert head_fits(log)
    checkpoints = log.checkpoints()
    entries = (raw for _, raw in log.entries(0, max(checkpoints)))
    write_export(folder, export_files(entries, checkpoints))
    key = Home(home).signing.public(StatementKind.CHECKPOINT).text()
    assert verify_export(folder, key).checkpoints == len(checkpoints)
    engine.dispose()


def recovers(home: Path, seconds: float) -> set[str]:
    """Open once more, and let the worker come to rest; return why runs are where they are."""
    with whole(home) as world:
        office = world.office(RunOffice)
        records = office.pep.records

        def settled() -> bool:
            running = [stored.value.id for stored in records.each(Run, state=State.RUNNING)]
            return not world.worker.offices[0].pending() and all(id_ in office.active for id_ in running)

        assert world.until(settled, seconds)
        return {stored.value.status_code for stored in records.each(Run)}


def killed(tmp_path: Path, deaths: int) -> Tally:
    home, journal = tmp_path / "home", tmp_path / "journal"
    permit, code = prepare(home)
    before = look(home)
    with orphans_come_here() as left:
        died = kill_again_and_again(home, journal, deaths, permit, code)
        end = time.monotonic() + 10
        helpers = {pid for pid in left() if _is_helper(pid)}
        while left() - helpers and time.monotonic() < end:
            time.sleep(0.05)
        assert left() - helpers == set(), "a sandbox outlived its worker"
    assert min(died.values()) > 0
    tally = compare(before, look(home), list(read_journals(journal)))
    assert tally.wrong == []
    log_verifies(home, tmp_path / "export")
    assert StatusCode.LOST_WITH_WORKER in recovers(home, 60 + 3 * deaths)
    assert all(look(home).facts.values())
    return tally


def _is_helper(pid: int) -> bool:
    """Say whether the process is multiprocessing's own (the fork server and its tracker)."""
    with suppress(OSError):
        return b"multiprocessing" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


@pytest.mark.timeout(300)
def test_at_20_kills_nothing_answered_is_lost_and_nothing_is_half_done(tmp_path: Path) -> None:
    tally = killed(tmp_path, 20)
    assert tally.acknowledged > 50


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_at_200_kills_nothing_answered_is_lost_and_nothing_is_half_done(tmp_path: Path) -> None:
    tally = killed(tmp_path, 200)
    assert tally.acknowledged > 2000
    assert tally.cut_off_absent + tally.cut_off_written > 50
