"""Verdicts that were given a moment ago, kept to be shown again and for nothing else.

A verdict is a function of its question and of the bundle: policies may call nothing that knows a time, a place or another question
(`policies/builtins.json`). So a key is the whole question, with the instant that it was asked of, under one bundle; what has changed in
roles, purposes, permits or directives makes another question. What a key can't hold is whether the engine is still there, and still has
that bundle: so none is kept for longer than a second, and what has an effect asks anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from spe.policy.model import Question, Verdict

SECONDS: Final = 1.0
_MOST: Final = 4096


class Previews:
    """At most `most` verdicts of one bundle, each for `seconds` of the clock `now`, the oldest given up first."""

    def __init__(
        self, seconds: float = SECONDS, most: int = _MOST, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._now = seconds, most, now
        self._lock = threading.Lock()
        self._kept: OrderedDict[Question, tuple[float, Verdict]] = OrderedDict()

    def find(self, question: Question) -> Verdict | None:
        """Return the verdict on a question equal to this one in every field."""
        kept = self._kept.get(question)
        return kept[1] if kept is not None and self._now() < kept[0] else None

    def keep(self, question: Question, verdict: Verdict) -> None:
        """Keep the verdict from now on."""
        with self._lock:
            self._kept[question] = (self._now() + self._seconds, verdict)
            self._kept.move_to_end(question)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
