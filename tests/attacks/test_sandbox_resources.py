from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from spe.errors import IntegrityFailure
from spe.workspace.sandbox import DataFile, Limits, Outcome
from tests.attacks.sandbox_world import ENVIRONMENT, MEBIBYTE, Box, alive, becomes, held_by, new_box, report

ROOT = Path(__file__).resolve().parents[2]
TIGHT = Limits(
    wall_seconds=15.0,
    memory_bytes=96 * MEBIBYTE,
    processes=12,
    file_bytes=2 * MEBIBYTE,
    files=40,
    output_bytes=4 * MEBIBYTE,
    open_files=32,
)
SOON = 15.0  # how long a busy machine may take for what is a matter of milliseconds; every sleeper sleeps far longer
PATIENT = Limits(wall_seconds=600.0, memory_bytes=256 * MEBIBYTE)
HOLDS_MEMORY = {"cgroup-v1", "cgroup-v2", "rlimit+watch"}
HOLDS_PROCESSES = {"cgroup-v1", "cgroup-v2", "rlimit"}


@pytest.fixture(scope="module", params=[True, False], ids=["best limits", "rlimits"])
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    made = new_box(control_groups=request.param)
    yield made
    made.sandbox.close()


def marked(marker: str) -> tuple[tuple[str, str], ...]:
    return (*ENVIRONMENT, ("MARKER", marker))


def sleeper(marker: str, before: str = "") -> str:
    """A program that shows in the host's process list: the marker is an argument of a second interpreter."""
    wait = f"import signal,time;signal.signal(signal.SIGTERM,signal.SIG_IGN);time.sleep(60) # {marker}"
    line = f"os.execv('/usr/bin/python3', ['/usr/bin/python3', '-I', '-S', '-c', {wait!r}])"
    return f"import os, sys, time\n{before}\n{line}\n"


def test_a_fork_bomb_stops_at_the_limit(box: Box) -> None:
    program = textwrap.dedent(
        """
        import json, os, time
        made = 0
        for _ in range(200):
            try:
                pid = os.fork()
            except OSError as error:
                json.dump([made, error.errno], open("/outputs/report.json", "w"))
                time.sleep(1.0)
                break
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            made += 1
        """
    )
    result = box.run(program, TIGHT)
    made, number = report(result)
    assert number == 11
    assert 1 <= made <= TIGHT.processes
    by, hit = held_by(result, "processes")
    assert by in HOLDS_PROCESSES
    assert hit is True
    assert result.outcome is Outcome.FINISHED


def test_a_run_that_ends_because_it_may_not_fork_is_called_so(box: Box) -> None:
    program = "import os,time\ntry:\n  while os.fork(): pass\n  time.sleep(60)\nexcept OSError:\n  time.sleep(1.0)\n  raise"
    result = box.run(program, TIGHT)
    assert result.outcome is Outcome.TOO_MANY_PROCESSES
    assert held_by(result, "processes")[1] is True


def test_a_run_with_processes_to_spare_met_no_limit(box: Box) -> None:
    program = "import os,time\nfor _ in range(5):\n  if os.fork()==0: time.sleep(60)\ntime.sleep(0.5)\nraise SystemExit(3)"
    result = box.run(program, TIGHT)
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 3)
    assert held_by(result, "processes")[1] is False


def test_a_bomb_that_forks_without_end_harms_nobody(box: Box) -> None:
    program = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass\n"
    result = box.run(program, Limits(wall_seconds=1.0, memory_bytes=256 * MEBIBYTE, processes=12))
    assert result.outcome is Outcome.TIMED_OUT
    assert result.seconds < SOON
    assert held_by(result, "wall") == ("supervisor", True)


def test_a_memory_bomb_is_stopped_and_the_record_says_by_what(box: Box) -> None:
    result = box.run("held=[]\nwhile True: held.append(bytearray(b'1')*(1<<20))", TIGHT)
    by, hit = held_by(result, "memory")
    assert by in HOLDS_MEMORY
    if by == "rlimit+watch":
        assert (result.outcome, result.error and result.error.error) in (
            (Outcome.FAILED, "MemoryError"),
            (Outcome.MEMORY, None),
        )
    else:
        assert (result.outcome, hit) == (Outcome.MEMORY, True)


def test_memory_spread_over_processes_is_stopped_too(box: Box) -> None:
    program = textwrap.dedent(
        """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                held = bytearray(b"1") * (40 << 20)
                time.sleep(60)
        for _ in range(6):
            if os.wait()[1]:
                raise SystemExit(1)
        """
    )
    result = box.run(program, TIGHT)
    assert result.outcome is Outcome.MEMORY
    assert held_by(result, "memory")[1] is True
    assert result.seconds < TIGHT.wall_seconds


@pytest.mark.parametrize("folder", ["/outputs", "/tmp", "/dev/shm"])
def test_files_run_out_before_inodes_of_the_host_do(box: Box, folder: str) -> None:
    program = f"""if True:
        import json, os
        made = 0
        try:
            for number in range(1000):
                open(f"{folder}/{{number}}", "w").close()
                made += 1
        except OSError as error:
            code = error.errno
        for number in range(made):
            os.unlink(f"{folder}/{{number}}")
        json.dump([made, code], open("/outputs/report.json", "w"))
    """
    made, number = report(box.run(program, TIGHT))
    assert number == 28
    assert made < TIGHT.files


@pytest.mark.parametrize("folder", ["/outputs", "/tmp", "/dev/shm"])
def test_one_file_and_all_files_are_bounded(box: Box, folder: str) -> None:
    program = f"""if True:
        import json, os
        seen = []
        for number in range(20):
            written = 0
            try:
                with open(f"{folder}/{{number}}", "wb", buffering=0) as file:
                    while True:
                        got = file.write(bytes(1 << 16))
                        written += got
                        if got == 0:
                            break
            except OSError as error:
                seen.append([written, error.errno])
        for number in range(20):
            os.unlink(f"{folder}/{{number}}")
        json.dump(seen, open("/outputs/report.json", "w"))
    """
    seen = report(box.run(program, TIGHT))
    assert {number for _, number in seen} <= {27, 28}
    assert max(written for written, _ in seen) <= TIGHT.file_bytes
    assert sum(written for written, _ in seen) <= max(TIGHT.file_bytes, TIGHT.output_bytes)


def test_a_run_that_fills_its_outputs_is_called_so(box: Box) -> None:
    program = "for n in range(9): open(f'/outputs/{n}','wb').write(bytes(1<<20))"
    result = box.run(program, TIGHT)
    assert result.outcome is Outcome.OUTPUT_TOO_LARGE
    assert held_by(result, "output") == ("tmpfs", True)
    assert result.outputs == ()


def test_descriptors_run_out(box: Box) -> None:
    program = """if True:
        import json
        held = []
        try:
            while len(held) < 1000: held.append(open("/dev/null"))
        except OSError as error:
            number, count = error.errno, len(held)
        held.clear()
        json.dump([number, count], open("/outputs/report.json", "w"))
    """
    number, count = report(box.run(program, TIGHT))
    assert number == 24
    assert count < TIGHT.open_files


def test_a_flood_of_words_fills_nothing(box: Box) -> None:
    program = "import os\nfor _ in range(1000):\n  os.write(1, b'o'*100_000); os.write(2, b'e'*100_000)\n"
    result = box.run(program)
    assert result.outcome is Outcome.FINISHED
    assert result.stdout.total == result.stderr.total == 100_000_000
    assert len(result.stdout.last) == len(result.stderr.last) == 16 * 1024


def test_a_run_that_sleeps_for_ever_ends_at_its_wall(box: Box) -> None:
    limits = Limits(wall_seconds=0.5, memory_bytes=256 * MEBIBYTE)
    result = box.run("import time\ntime.sleep(3600)", limits)
    assert result.outcome is Outcome.TIMED_OUT, result.stderr.last.decode()
    assert 0.5 <= result.seconds < SOON
    assert result.exit_code is None


def test_a_process_that_ignores_signals_is_gone_when_its_wall_is_reached(box: Box) -> None:
    marker, results = f"sleeps-{os.getpid()}", []
    limits = Limits(wall_seconds=10.0, memory_bytes=256 * MEBIBYTE)
    thread = Thread(target=lambda: results.append(box.run(sleeper(marker), limits)))
    thread.start()
    assert becomes(True, marker, 9.0), "it never slept, so nothing would be proved"
    thread.join(timeout=10.0 + SOON)
    assert results[0].outcome is Outcome.TIMED_OUT
    assert alive(marker) == 0


def test_a_stop_ends_every_process_at_once(box: Box) -> None:
    marker, stop = f"stopped-{os.getpid()}", Event()
    results = []
    thread = Thread(target=lambda: results.append(box.run(sleeper(marker), PATIENT, stop=stop)))
    thread.start()
    assert becomes(True, marker)
    stop.set()
    thread.join(timeout=SOON)
    assert not thread.is_alive(), "only its own end or its wall would have ended it"
    assert results[0].outcome is Outcome.KILLED
    assert alive(marker) == 0


def test_a_stop_while_data_stream_in_starts_nothing(box: Box) -> None:
    stop = Event()

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 16)

    timer = Timer(0.2, stop.set)
    timer.start()
    result = box.run(
        "open('/outputs/report.json','w').write('1')", data=(DataFile("d", 1 << 30, endless),), stop=stop
    )
    timer.join()
    assert result.outcome is Outcome.KILLED
    assert result.outputs == ()


@pytest.mark.parametrize("chunks", [(b"123",), (b"12345", b"6")])
def test_data_that_are_not_of_their_size_never_run(box: Box, chunks: tuple[bytes, ...]) -> None:
    with pytest.raises(IntegrityFailure):
        box.run("pass", data=(DataFile("d", 5, lambda: iter(chunks)),))


def test_detached_children_do_not_survive(box: Box) -> None:
    marker = f"daemon-{os.getpid()}"
    detach = textwrap.dedent(
        """
        for signal_number in (1, 2, 15):
            __import__("signal").signal(signal_number, __import__("signal").SIG_IGN)
        if os.fork():
            time.sleep(3.0)
            open("/outputs/report.json", "w").write("1")
            sys.exit(0)
        os.setsid()
        if os.fork():
            os._exit(0)
        """
    )
    results = []
    thread = Thread(target=lambda: results.append(box.run(sleeper(marker, detach))))
    thread.start()
    assert becomes(True, marker, SOON), "the daemon never ran, so nothing would be proved"
    thread.join(timeout=20)
    assert results[0].outcome is Outcome.FINISHED
    assert alive(marker) == 0


def test_no_daemon_of_many_survives(box: Box) -> None:
    marker = f"many-{os.getpid()}"
    line = sleeper(marker).splitlines()[-1]
    program = f"import os\nfor _ in range(8):\n  if os.fork()==0:\n    os.setsid()\n    {line}\n"
    for _ in range(10):
        assert box.run(program).outcome is Outcome.FINISHED
        assert alive(marker) == 0


def test_a_killed_worker_takes_its_runs_with_it(box: Box) -> None:
    marker = f"orphan-{os.getpid()}"
    program = (
        "from tests.attacks.sandbox_world import new_box\n"
        "from tests.attacks.test_sandbox_resources import PATIENT, sleeper\n"
        f"new_box(control_groups={box.control_groups}).run(sleeper({marker[::-1]!r}[::-1]), PATIENT)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as worker:
        assert becomes(True, marker, 30.0)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert becomes(False, marker, SOON)
