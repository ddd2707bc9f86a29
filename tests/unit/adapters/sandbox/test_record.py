from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.adapters.sandbox.record import error_place, outcome_of
from spe.workspace.sandbox import Outcome

TRACE = b"""Traceback (most recent call last):
  File "<string>", line 1, in <module>
  File "/job/code/main.py", line 7, in <module>
    f()
  File "/job/code/steps/fit.py", line 3, in f
    pandas.read_csv(x)
  File "/usr/lib/python3.11/site-packages/pandas/io.py", line 99, in read_csv
    raise ParserError("patient Rossi: 1957")
pandas.errors.ParserError: patient Rossi: 1957
"""


def facts(**changed: Any) -> dict[str, Any]:
    return {"cause": "exited", "exit": 0, "full": False, "refused": {}, **changed}


@pytest.mark.parametrize(
    ("told", "hits", "outcome"),
    [
        (facts(), set(), Outcome.FINISHED),
        (facts(), {"memory", "processes"}, Outcome.FINISHED),
        (facts(exit=1), set(), Outcome.FAILED),
        (facts(exit=137), {"memory"}, Outcome.MEMORY),
        (facts(exit=1), {"processes"}, Outcome.TOO_MANY_PROCESSES),
        (facts(exit=1, full=True), set(), Outcome.OUTPUT_TOO_LARGE),
        (facts(refused={"too_large": 1}), set(), Outcome.OUTPUT_TOO_LARGE),
        (facts(refused={"symlink": 1}), set(), Outcome.UNDECLARED_OUTPUT),
        (facts(cause="timed_out", exit=None), set(), Outcome.TIMED_OUT),
        (facts(cause="stopped", exit=None), set(), Outcome.KILLED),
        (facts(cause="memory", exit=None), set(), Outcome.MEMORY),
        (facts(cause="failed_to_start", exit=None), {"memory"}, Outcome.MEMORY),
    ],
)
def test_an_outcome_follows_from_what_was_seen(
    told: dict[str, Any], hits: set[str], outcome: Outcome
) -> None:
    assert outcome_of(told, hits) is outcome


def test_the_place_is_the_innermost_line_of_the_users_own_code_without_the_message() -> None:
    place = error_place(TRACE)
    assert place is not None
    assert (place.error, place.path, place.line) == ("pandas.errors.ParserError", "steps/fit.py", 3)
    assert "Rossi" not in repr(place)


@given(st.binary())
def test_whatever_a_stream_holds_there_is_a_place_or_none(stderr: bytes) -> None:
    place = error_place(stderr)
    assert place is None or place.line >= 0
