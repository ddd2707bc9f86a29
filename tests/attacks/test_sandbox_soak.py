"""A thousand detached children, and not one that outlives its run."""

from __future__ import annotations

import os

import pytest

from spe.workspace.sandbox import Limits, Outcome
from tests.attacks.sandbox_world import MEBIBYTE, alive, new_box

RUNS, EACH = 100, 10
PROGRAM = """
import json, os, signal, sys, time
reader, writer = os.pipe()
for number in range({each}):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        for one in range(1, 32):
            if one not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(one, signal.SIG_IGN)
        os.write(writer, b"1")
        wait = "import time;time.sleep(600) # {marker}"
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-I", "-S", "-c", wait])
ready = b""
while len(ready) < {each}:
    ready += os.read(reader, 100)
json.dump(len(ready), open("/outputs/report.json", "w"))
"""


@pytest.mark.soak
@pytest.mark.parametrize("control_groups", [True, False], ids=["best limits", "rlimits"])
def test_of_a_thousand_detached_children_none_survives(control_groups: bool) -> None:
    box, marker = new_box(control_groups=control_groups), f"thousand-{os.getpid()}-{control_groups}"
    limits = Limits(wall_seconds=60.0, memory_bytes=1024 * MEBIBYTE, processes=64)
    begun = 0
    for _ in range(RUNS):
        result = box.run(PROGRAM.format(each=EACH, marker=marker), limits)
        assert result.outcome is Outcome.FINISHED, result.stderr.last.decode()
        begun += int(result.outputs[0].content)
        assert alive(marker) == 0
    box.sandbox.close()
    assert begun == RUNS * EACH == 1000
