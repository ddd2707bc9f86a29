"""The lines of journals as a source reads them, and what their numbers say: none missing, none too many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from spe.audit.events.process import ProcessStarted, ProcessStopped
from spe.oversight.reconcile import Tally, Told

_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Line:
    """A line: where it stands, the process and number that it says, its instant, and what it tells."""

    where: str
    process: str
    number: int
    at: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadLine:
    """What is no line; `torn`: the unfinished last of its file, whose act failed with it."""

    where: str
    torn: bool


class Lines(Protocol):
    """One kind of journal, of all processes."""

    def lines(self) -> Iterator[Line | BadLine]:
        """Walk all lines, each process' in the order of their numbers; every call begins anew."""
        ...


@dataclass(slots=True)
class Processes:
    """Which processes the log knows, and how many lines each had written when it ended."""

    counted: str
    started: dict[str, str] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, int] = field(default_factory=dict)

    def heard(self, told: Told) -> None:
        """Take in starts and ends."""
        if told.type == ProcessStarted.type:
            process, kind = str(told.data.get("process")), str(told.data.get("kind"))
            self.started[process] = kind
            self.newest[kind] = process
        if told.type == ProcessStopped.type:
            self.stopped[str(told.data.get("process"))] = told.whole(self.counted)

    def is_cut_off(self, process: str) -> bool:
        """Say whether it never stopped in order, though another one of its kind has begun since."""
        kind = self.started.get(process)
        return kind is not None and process not in self.stopped and self.newest[kind] != process


def numbered(lines: Iterable[Line | BadLine], known: Processes, tally: Tally, until: str) -> Iterator[Line]:
    """Yield the lines of known processes up to `until`, when the log was read.

    Counts what is wrong with the others and with the numbers.
    """
    last: dict[str, int] = {}
    # No reading takes a day: an instant beyond that is made up, and such a line is compared like any other.
    latest = (datetime.fromisoformat(until) + timedelta(days=1)).strftime(_INSTANT)
    for line in lines:
        if isinstance(line, BadLine):
            _count_bad(line, tally)
            continue
        before = last.get(line.process, 0)
        later = until < line.at <= latest
        if line.process not in known.started and not later:
            tally.misfits("a line is of a process that never started", None, line=line.where)
            continue
        if line.number != before + 1:
            tally.misfits(f"line {line.number} follows line {before}", None, line=line.where)
        last[line.process] = max(before, line.number)
        if later:
            tally.explains("later than the log was read")
        else:
            yield line
    for process, count in known.stopped.items():
        if last.get(process, 0) != count:
            what = f"{count} lines were written by the end of this process, {last.get(process, 0)} are there"
            tally.misfits(what, None, line=process)


def _count_bad(line: BadLine, tally: Tally) -> None:
    if line.torn:
        tally.explains("a torn last line: its act failed")
    else:
        tally.misfits("a line can't be read", None, line=line.where)
