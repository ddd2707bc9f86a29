"""Waiting for the worker: ask again with growing pauses, for a bounded time, with progress on a terminal."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from spe.cli.failure import ApiProblem, NotAchieved
from spe.cli.options import options
from spe.errors import Malformed

_FIRST = 0.1
_LONGEST = 2.0
_WITHIN = re.compile(r"(\d{1,6})(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0}

Ask = Callable[[], Mapping[str, Any]]


def wait_for(
    what: str, ask: Ask, ready: Callable[[Mapping[str, Any]], bool], within: str
) -> Mapping[str, Any]:
    """Return the first answer that is `ready`; `NotAchieved` when none is `within` (such as 60s).

    An answer that there is nothing yet counts as not ready: what is waited for may still have to be made.
    """
    end, pause, started = time.monotonic() + seconds(within), _FIRST, time.monotonic()
    while True:
        answer = _asked(ask)
        if answer is not None and ready(answer):
            _progress("")
            return answer
        if time.monotonic() >= end:
            _progress("")
            raise NotAchieved(f"{what}: not within {within}{_state(answer)}")
        _progress(f"waiting for {what}, {time.monotonic() - started:.0f} s")
        time.sleep(min(pause, max(0.0, end - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST)


def seconds(text: str) -> float:
    """Return a duration such as 60s, 500ms or 2m in seconds."""
    found = _WITHIN.fullmatch(text)
    if found is None:
        raise Malformed("--within must read like 60s, 500ms, 2m or 1h")
    return int(found[1]) * _UNITS[found[2]]


def _asked(ask: Ask) -> Mapping[str, Any] | None:
    try:
        return ask()
    except ApiProblem as problem:
        if problem.problem.get("status") == 404:
            return None
        raise


def _state(answer: Mapping[str, Any] | None) -> str:
    state = (answer or {}).get("status") or (answer or {}).get("state")
    return f"; it is {state}" if state else ""


def _progress(text: str) -> None:
    if sys.stderr.isatty() and not options().json:
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
