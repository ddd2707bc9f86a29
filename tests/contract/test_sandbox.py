"""What every sandbox promises, whatever it is made of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from spe.adapters.sandbox.bubblewrap import BubblewrapSandbox
from spe.errors import Unreachable
from spe.workspace.sandbox import DataFile, Limits, Outcome, Sandbox
from tests.attacks.sandbox_world import MEBIBYTE, Box, new_box, report

QUICK = Limits(wall_seconds=20.0, memory_bytes=256 * MEBIBYTE)


@pytest.fixture(scope="module", params=["bubblewrap"])
def box() -> Iterator[Box]:
    made = new_box(control_groups=True)
    yield made
    made.sandbox.close()


def test_a_probe_really_starts_one(box: Box) -> None:
    sandbox: Sandbox = box.sandbox
    assert "network" in sandbox.probe().namespaces


def test_code_parameters_and_data_arrive_and_outputs_leave(box: Box) -> None:
    program = """if True:
        import json
        rows = open("/job/data/rows.csv").read()
        p = json.load(open("/job/parameters.json"))
        json.dump([rows, p], open("/outputs/report.json", "w"))
    """
    data = (DataFile("rows.csv", 6, lambda: iter((b"a,b\n", b"1,"))),)
    result = box.run(program, QUICK, data=data, parameters=b'{"year": 3}')
    assert report(result) == ["a,b\n1,", {"year": 3}]
    assert result.outcome is Outcome.FINISHED


def test_large_data_arrive_whole(box: Box) -> None:
    program = """if True:
        import hashlib, json
        with open("/job/data/big", "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        json.dump(digest, open("/outputs/report.json", "w"))
    """
    import hashlib

    chunk = bytes(range(256)) * 12_345
    data = (DataFile("big", 10 * len(chunk), lambda: iter([chunk] * 10)),)
    assert report(box.run(program, QUICK, data=data)) == hashlib.sha256(chunk * 10).hexdigest()


def test_nothing_of_one_run_is_there_in_the_next(box: Box) -> None:
    box.run("[open(f'{d}/left','w').write('1') for d in ('/tmp','/dev/shm','/outputs')]")
    program = "import os,json;json.dump([os.listdir(d) for d in ('/tmp','/dev/shm','/outputs')],open('/outputs/report.json','w'))"
    assert report(box.run(program))[:2] == [[], []]


def test_runs_go_on_side_by_side(box: Box) -> None:
    results = []
    program = "import os,json;json.dump(os.getpid(),open('/outputs/report.json','w'))"
    threads = [Thread(target=lambda: results.append(box.run(program, QUICK))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [result.outcome for result in results] == [Outcome.FINISHED] * 6


def test_a_stop_that_came_before_starts_nothing(box: Box) -> None:
    stop = Event()
    stop.set()
    assert box.run("open('/outputs/report.json','w').write('1')", stop=stop).outcome is Outcome.KILLED


def test_a_supervisor_that_died_is_replaced_at_the_next_run(box: Box) -> None:
    process = box.sandbox._nursery._process
    assert process is not None
    process.kill()
    process.wait()
    assert box.run("pass").outcome is Outcome.FINISHED


def test_what_fails_before_the_run_began_is_no_run(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\n[ $# = 1 ] && echo bubblewrap 9 && exit 0\necho broken here >&2\nexit 1\n")
    broken.chmod(0o755)
    tmp_path.chmod(0o755)
    sandbox = BubblewrapSandbox(lambda _: pytest.fail("no runtime is asked for"), bwrap=str(broken))
    with pytest.raises(Unreachable, match="the step `bubblewrap` failed"):
        sandbox.probe()
    sandbox.close()


def test_a_run_that_pretends_that_bubblewrap_failed_is_a_run_that_failed(box: Box) -> None:
    program = "import os,sys\nos.write(2, b'bwrap: open /proc failed: Permission denied\\n')\nsys.exit(1)"
    result = box.run(program, QUICK, reveal=False)
    assert (result.outcome, result.exit_code, result.error) == (Outcome.FAILED, 1, None)


@pytest.mark.parametrize("code", [0, 1, 2, 127, 137, 255])
def test_the_exit_code_is_the_programs_own(box: Box, code: int) -> None:
    assert box.run(f"raise SystemExit({code})", QUICK).exit_code == code


def test_a_program_that_dies_of_a_signal_failed(box: Box) -> None:
    result = box.run("import os,signal\nos.kill(os.getpid(), signal.SIGKILL)", QUICK)
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 137)


def test_a_run_leaves_no_supervisor_and_no_control_group_behind(box: Box) -> None:
    own = new_box(control_groups=True)
    own.run("pass", QUICK)
    own.sandbox.close()
    left = [
        path
        for path in Path("/sys/fs/cgroup").glob(f"**/spe-{os.getpid()}-*")
        if path.name not in _spares(box)
    ]
    assert left == []


def _spares(box: Box) -> set[str]:
    spare = box.sandbox._nursery._spare
    return {group.path.name for group in spare.groups} if spare else set()


def test_without_its_program_there_is_no_run_but_a_remedy() -> None:
    sandbox = BubblewrapSandbox(lambda _: pytest.fail("no runtime is asked for"), bwrap="/nonexistent/bwrap")
    with pytest.raises(Unreachable):
        sandbox.probe()
    missing = BubblewrapSandbox(lambda _: pytest.fail("no runtime is asked for"))
    missing._bwrap = None
    with pytest.raises(Unreachable, match="apt-get install bubblewrap"):
        missing.probe()
