from __future__ import annotations

import json
import os
import platform
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.adapters.sandbox import syscalls
from spe.workspace.sandbox import DataFile, Outcome
from tests.attacks.sandbox_forbidden import FORBIDDEN
from tests.attacks.sandbox_world import ENVIRONMENT, Box, new_box, report, small_runtime

PROGRAM = Path(__file__).with_name("sandbox_probes.txt").read_text()
COLUMN = {"x86_64": syscalls.X86_64, "aarch64": syscalls.AARCH64}[platform.machine()]
ROWS = b"patient,grade\n1,2\n"


@pytest.fixture(scope="module", params=[True, False], ids=["best limits", "rlimits"])
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    made = new_box(control_groups=request.param)
    yield made
    made.sandbox.close()


def test_every_probe_of_the_host_is_contained(box: Box, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("planted")
    assert secret.read_text() == "planted"
    with socket.socket(socket.AF_UNIX) as listening:
        abstract = f"spe-{os.getpid()}-{tmp_path.name}"
        listening.bind(b"\0" + abstract.encode())
        listening.listen()
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(b"\0" + abstract.encode())
        parameters = {
            "forbidden": FORBIDDEN,
            "clone": syscalls.CLONE[COLUMN],
            "ioctl": syscalls.IOCTL[COLUMN],
            "prctl": syscalls.PRCTL[COLUMN],
            "abstract": abstract,
            "secret": str(secret),
            "runtime": str(small_runtime().path),
            "worker": os.getpid(),
            "parent": os.getppid(),
            "environment": dict(ENVIRONMENT),
            "machine": platform.machine(),
        }
        data = (DataFile("rows.csv", len(ROWS), lambda: iter((ROWS,))),)
        result = box.run(PROGRAM, data=data, parameters=json.dumps(parameters).encode())
    answers = report(result)
    assert {name: how for name, (contained, how) in answers.items() if not contained} == {}
    assert len(answers) >= 150
    assert result.outcome is Outcome.FINISHED


def test_the_record_names_every_namespace_and_the_filter(box: Box) -> None:
    isolation = box.run("pass").isolation
    assert set(isolation.namespaces) == {"user", "mount", "pid", "network", "ipc", "uts", "cgroup"}
    assert isolation.bwrap.startswith("bubblewrap ")
    assert len(isolation.seccomp) == len("sha256:") + 64
    assert [limit.name for limit in isolation.limits if limit.hit] == []


def test_the_namespaces_are_really_others_than_the_hosts(box: Box) -> None:
    before = {
        name: os.readlink(f"/proc/self/ns/{name}") for name in ("net", "pid", "ipc", "uts", "user", "mnt")
    }
    result = box.run(
        "import os,json;json.dump([os.getpid(),os.uname().nodename],open('/outputs/report.json','w'))"
    )
    pid, host = report(result)
    assert pid < 10
    assert host == "sandbox"
    assert before == {name: os.readlink(f"/proc/self/ns/{name}") for name in before}
