"""A log that hangs: whoever calls hears a refusal long before it comes back, and no threads pile up behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spe.adapters.database.engine import writing
from spe.errors import Unreachable
from tests.attacks.test_syscall_faults import printed
from tests.unit.adapters.database.place import change, installed

# What the server runs calls in.
POOL = 40


def hung(folder: Path, seconds: int, callers: int) -> dict[str, Any]:
    """Let it hang until every caller was answered, and look at what they heard."""
    found = printed("tests.attacks.hang_child", str(folder), str(seconds), str(callers))
    print("A5", found)
    assert found["statuses"].keys() == {"503"}
    assert found["written"] == 0
    assert found["read"] == [200]
    assert (found["before"], found["after"]) == (200, 200)
    assert found["threads"] <= POOL + 4
    return found


def test_while_the_log_hangs_every_call_is_refused_and_reads_without_an_entry_work(tmp_path: Path) -> None:
    assert hung(tmp_path, 4, 6)["statuses"]["503"] >= 12


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_while_the_log_hangs_for_a_minute_99_of_100_refusals_take_two_seconds_at_most(tmp_path: Path) -> None:
    assert hung(tmp_path, 60, 24)["p99"] <= 2.0


def test_a_write_that_cost_somebody_their_patience_costs_nobody_else_theirs(tmp_path: Path) -> None:
    with installed(tmp_path, patience=0.5) as here, writing(here.engine):
        waited: list[int] = []
        here.committer._queue = _Counted(here.committer._queue, waited)  # type: ignore[assignment]
        for _ in range(3):
            with pytest.raises(Unreachable):
                here.committer.commit(change())
    assert len(waited) == 1


class _Counted:
    """The writer's queue, which counts what is put into it."""

    def __init__(self, queue: Any, put: list[int]) -> None:
        self._queue = queue
        self._put = put

    def put(self, one: Any) -> None:
        self._put += [1] if one is not None else []
        self._queue.put(one)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)
