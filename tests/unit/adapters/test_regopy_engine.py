"""The embedded engine is a process of its own: it loses no memory, can be ended, and loads nothing into ours."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from spe.adapters.policy_files import FOLDER
from spe.adapters.policy_point import rules
from spe.adapters.regopy_engine import EngineMaker, RegopyEngine, compile_to
from spe.errors import Unreachable
from tests.unit.policy.good_questions import GOOD, good

SPIN = "package spin\n\nimport rego.v1\n\nlong := count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a == b])\n"


@cache
def maker() -> EngineMaker:
    return EngineMaker(rules(FOLDER)[0])


@pytest.fixture
def engine() -> Iterator[RegopyEngine]:
    made = maker().make()
    yield made
    made.close()


def memory(pid: int) -> int:
    """Return the process' resident memory in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_questions_leave_its_memory_as_it_was(engine: RegopyEngine) -> None:
    documents = [good(gate) for gate in GOOD]
    for document in documents:
        engine.ask(document)
    before = memory(engine.pid)
    for at in range(500):
        engine.ask(documents[at % len(documents)])
    assert memory(engine.pid) - before < 8 << 20


def test_it_ends_while_it_computes(tmp_path: Path) -> None:
    path = tmp_path / "spin.rbb"
    compile_to(path, {}, {"spin.rego": SPIN}, ["spin/long"])
    engine = RegopyEngine(path)
    threading.Timer(0.3, engine.close).start()
    with pytest.raises(Unreachable, match="has ended"):
        engine.ask({}, "spin/long")
    assert not Path(f"/proc/{engine.pid}").exists()


def test_killed_from_outside_it_is_unreachable(engine: RegopyEngine) -> None:
    os.kill(engine.pid, 9)
    with pytest.raises(Unreachable, match="has ended"):
        engine.ask(good(next(iter(GOOD))))


def test_what_is_no_bundle_is_not_loaded_and_what_is_no_policy_not_compiled(tmp_path: Path) -> None:
    (tmp_path / "none.rbb").write_bytes(b"not a bundle")
    with pytest.raises(Unreachable, match="can't be loaded"):
        RegopyEngine(tmp_path / "none.rbb")
    with pytest.raises(Unreachable, match="does not compile"):
        compile_to(tmp_path / "out.rbb", {}, {"bad.rego": "package bad\n\nallow {{{"}, ["bad/allow"])
    assert not (tmp_path / "out.rbb").exists()


def test_it_ends_when_its_owner_is_killed() -> None:
    lines = (
        "from tests.unit.adapters.test_regopy_engine import maker",
        "engine = maker().make()",
        "print(engine.pid, flush=True)",
        "import time; time.sleep(60)",
    )
    with subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        owner.kill()
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            return
        threading.Event().wait(0.05)
    pytest.fail("the engine outlived its owner")


def test_neither_policy_nor_sums_load_the_engines_library_into_this_process() -> None:
    lines = (
        "import sys",
        "from spe.adapters.policy_point import embedded_point",
        "from tests.unit.policy.good_questions import GOOD",
        "point = embedded_point(size=1, deadline=30)",
        "assert point.ask(next(iter(GOOD.values()))).allow",
        "import spe.crypto.sums.bfv",
        "assert 'regopy' not in sys.modules and 'tenseal' in sys.modules",
        "point.close()",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, timeout=60)
