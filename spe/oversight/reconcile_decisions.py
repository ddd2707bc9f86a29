"""Policy decisions against the log: what was decided has its entry, and what an entry rests on was decided.

A decision without an entry is explained only where the decision point's journal says that it lapsed, or where its
process was cut off within a minute of it; `looked` is believed of the one gate that asks how much to show.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from spe.audit.events.policy import Refused
from spe.audit.events.record import LogRead, RecordSeen
from spe.audit.events.request import RequestPreflighted
from spe.oversight.reconcile import Shelf, Tally, Told
from spe.oversight.reconcile_journals import Line, Lines, Processes, numbered
from spe.policy.trail import Why
from spe.policy.unasked import CODES as UNASKED

_LAPSED, _CARRIED = "lapsed", "carried"
_LOOKING = "record.read"
_SAYING = frozenset({Refused.type, RequestPreflighted.type})
_READING = frozenset({RecordSeen.type, LogRead.type, Refused.type})
_CUT_OFF = timedelta(seconds=60)


class DecisionSource:
    """`Source` of policy decisions; lines after `until`, when the log was read, are not compared."""

    def __init__(self, lines: Lines, shelf: Shelf, until: str) -> None:
        self._lines = lines
        self._shelf = shelf
        self._until = until
        self._processes = Processes("decisions")
        self._tally = Tally("decisions")
        self._last: dict[str, tuple[str, int]] = {}

    def heard(self, told: Told, _raw: bytes) -> None:
        """Remember what the entry rests on; with a policy bundle it must rest on something."""
        self._processes.heard(told)
        reasons = list(told.texts("reasons")) if told.type in _SAYING else []
        value = json.dumps([told.type, told.bundle, str(told.data.get("gate", "")), reasons])
        for id_ in told.decisions:
            self._shelf.put(_CARRIED, id_, told.index, value)
        if told.bundle and not told.decisions:
            self._without(told, reasons)

    def settled(self) -> Tally:
        """Give each decision its entries; entries that are left rest on decisions that nobody made."""
        for line in self._lines.lines():
            if isinstance(line, Line):
                self._read_ahead(line)
        for line in numbered(self._lines.lines(), self._processes, self._tally, self._until):
            if "lapsed" not in line.data:
                self._match(line)
        for id_, index, _ in self._shelf.rest(_CARRIED):
            self._miss(id_, index)
        return self._tally

    def _without(self, told: Told, reasons: list[str]) -> None:
        if told.type == Refused.type and reasons == ["not_found"]:
            self._tally.explains("refused without asking: there is nothing of that name")
        elif told.type == Refused.type and len(reasons) == 1 and reasons[0] in UNASKED:
            self._tally.explains("refused because nothing could be decided")
        else:
            self._tally.misfits("the entry rests on policy, but names no decision", told.index)

    def _read_ahead(self, line: Line) -> None:
        at, number = self._last.get(line.process, ("", 0))
        self._last[line.process] = max(line.at, at), max(line.number, number)
        for id_ in line.data.get("lapsed", ()):
            self._shelf.put(_LAPSED, str(id_), 0, str(line.data.get("why")))

    def _match(self, line: Line) -> None:
        id_ = f"{line.process}.{line.number}"
        entries = self._shelf.each(_CARRIED, id_)
        if not entries:
            self._explain(line, id_)
            return
        self._shelf.drop(_CARRIED, id_)
        first, value = entries[0]
        type_, bundle, gate, reasons = json.loads(value)
        said = gate in {"", line.data.get("gate")} and reasons == line.data.get("reasons")
        if bundle not in {"", line.data.get("bundle")}:
            self._tally.misfits(
                "the entry names another policy bundle than its decision", first, line=line.where
            )
        elif line.data.get("allow") is True or (type_ in _SAYING and said):
            self._tally.fits()
        elif type_ in _READING:
            self._tally.explains("refused a fuller view, and showed a smaller one")
        else:
            self._tally.misfits(
                "the entry says otherwise than the denial it rests on", first, line=line.where
            )

    def _explain(self, line: Line, id_: str) -> None:
        lapsed = self._shelf.each(_LAPSED, id_)
        why = lapsed[0][1] if lapsed else ""
        allowed, gate = line.data.get("allow") is True, line.data.get("gate")
        if allowed and why in {Why.SUPERSEDED, Why.FAILED}:
            self._tally.explains(f"allowed, and nothing was done on it: {why}")
        elif why == Why.LOOKED and gate == _LOOKING:
            self._tally.explains("asked only how much to show")
        elif self._is_cut_off(line):
            self._tally.explains("its process was cut off, or is still at it")
        else:
            what = "allowed, and no entry rests on it" if allowed else "denied, and no entry says so"
            self._tally.misfits(what, None, line=line.where)

    def _miss(self, id_: str, index: int) -> None:
        """Explain only what a machine that went down can lose: the unsynced end of a journal."""
        process, _, number = id_.partition(".")
        last = self._last.get(process, ("", 0))[1]
        if self._processes.is_cut_off(process) and number.isdecimal() and int(number) > last:
            self._tally.explains("its process was cut off, and the end of its journal with it")
        else:
            self._tally.misfits("the entry rests on a decision that nobody made", index, line=id_)

    def _is_cut_off(self, line: Line) -> bool:
        if line.process in self._processes.stopped:
            return False
        try:
            last = datetime.fromisoformat(self._last[line.process][0])
            return datetime.fromisoformat(line.at) >= last - _CUT_OFF
        except ValueError:
            return False
