"""The engine's process: what it answers, what happens when it dies, and that the library is loaded nowhere else."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from spe import frames
from spe.crypto.sums.engine import Engine
from spe.errors import Malformed, Unreachable
from tests import sumkeys as keys
from tests.shape.tree import ROOT

EVERYTHING = (
    "spe.federation.opening, spe.federation.pooled, spe.federation.aggregate, spe.federation.contribution"
)


def test_an_engine_that_was_killed_is_unreachable_once_and_then_a_new_one_answers() -> None:
    with Engine() as engine:
        engine.deal(2, 3)
        child = engine._child
        assert child is not None
        child.kill()
        child.wait(10)
        with pytest.raises(Unreachable):
            engine.deal(2, 3)
        assert engine.deal(2, 3)[0].key


def test_an_engine_ends_with_its_block() -> None:
    with Engine() as engine:
        engine.deal(2, 3)
        child = engine._child
    assert child is not None
    assert child.poll() is not None


def test_a_refused_message_does_not_end_it() -> None:
    for _ in range(3):
        with pytest.raises(Malformed):
            keys.ENGINE.deal(1, 3)
    assert keys.opened(keys.contribution([5], 0), 1, [0]).tolist() == [5]


@pytest.mark.parametrize("modules", [EVERYTHING, "spe.cli.main", "spe.wiring.offices"])
def test_no_other_process_loads_the_library(modules: str) -> None:
    program = f"import sys, {modules}; print('tenseal' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "False\n"


def test_messages_come_back_and_cut_or_huge_ones_are_refused() -> None:
    stream = io.BytesIO()
    frames.write(stream, 7, [b"", b"one", b"two" * 1000])
    written = stream.getvalue()
    assert frames.read(io.BytesIO(written)) == (7, [b"", b"one", b"two" * 1000])
    assert frames.read(io.BytesIO(b"")) is None
    huge = (b"\x01\xff\xff\xff\xff", b"\x01\x01\0\0\0" + b"\xff" * 8)
    for data in (*huge, *(written[:end] for end in range(1, 40))):
        with pytest.raises(Unreachable):
            frames.read(io.BytesIO(data))
