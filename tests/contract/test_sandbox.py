"""What every sandbox promises, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
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


def test_without_its_program_there_is_no_run_but_a_remedy() -> None:
    sandbox = BubblewrapSandbox(lambda _: pytest.fail("no runtime is asked for"), bwrap="/nonexistent/bwrap")
    with pytest.raises(Unreachable):
        sandbox.probe()
    missing = BubblewrapSandbox(lambda _: pytest.fail("no runtime is asked for"))
    missing._bwrap = None
    with pytest.raises(Unreachable, match="apt-get install bubblewrap"):
        missing.probe()
