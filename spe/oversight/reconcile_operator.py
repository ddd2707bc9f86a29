"""What the operator did against the log: processes, keys, the policy bundle in force, and whether this is a demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spe.audit.events.process import ProcessStarted, ProcessStopped, WitnessesNamed
from spe.audit.events.record import BundleActivated, CheckpointKeyRotated, LogOpened
from spe.oversight.reconcile import Tally, Told


@dataclass(frozen=True, slots=True)
class Found:
    """What is there now: the marks in the database, and the public keys in the home (`name+hash`)."""

    marks: Mapping[str, str]
    keys: tuple[str, ...]
    origin: str


class OperatorSource:
    """`Source` of the operator's actions."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._tally = Tally("operator")
        self._running: dict[str, int] = {}
        self._bundles: list[tuple[int, str]] = []
        self._keys: tuple[int, tuple[str, ...]] | None = None
        self._witnesses: tuple[int | None, str] = (None, WitnessesNamed((), 0).mark())
        self._opened: Mapping[str, object] | None = None

    def heard(self, told: Told, _raw: bytes) -> None:
        """Follow processes, bundles and keys."""
        if told.index == 0 or told.type == LogOpened.type:
            self._begin(told)
        if told.bundle and told.bundle not in {digest for _, digest in self._bundles}:
            self._tally.misfits(
                "the entry names a policy bundle that was not put in force before", told.index
            )
        if told.type == BundleActivated.type:
            self._bundles.append((told.index, str(told.data.get("digest"))))
        if told.type == WitnessesNamed.type:
            self._witnesses = (told.index, _mark(told))
        if told.type == ProcessStarted.type:
            self._start(told)
        if told.type == ProcessStopped.type:
            self._stop(told)
        if told.type == CheckpointKeyRotated.type and self._keys is not None:
            old, new = (_named(told.data.get(name)) for name in ("old", "new"))
            self._keys = (told.index, tuple(new if key == old else key for key in self._keys[1]))

    def settled(self) -> Tally:
        """Hold what is there now to what was heard last."""
        for _ in self._running:
            self._tally.explains("a process that was cut off, or still runs")
        self._hold_bundle()
        self._hold_keys()
        index, mark = self._witnesses
        fits = self._found.marks.get("witnesses", WitnessesNamed((), 0).mark()) == mark
        self._hold(fits, "the witnesses in force are not those that were named last", index)
        demo = "true" if self._opened and self._opened.get("demo") is True else "false"
        self._hold(self._found.marks.get("demo") == demo, "the demo mark is not what the log began with", 0)
        return self._tally

    def _begin(self, told: Told) -> None:
        fits = (
            told.index == 0 and told.type == LogOpened.type and told.data.get("origin") == self._found.origin
        )
        self._hold(fits, "the log begins once, with its origin", told.index)
        if told.index == 0:
            self._opened = told.data

    def _start(self, told: Told) -> None:
        keys = told.data.get("keys")
        self._keys = (told.index, tuple(keys) if isinstance(keys, list) else ())
        self._running[str(told.data.get("process"))] = told.index

    def _stop(self, told: Told) -> None:
        started = self._running.pop(str(told.data.get("process")), None)
        self._hold(started is not None, "a process stopped that was not running", told.index)

    def _hold_bundle(self) -> None:
        index, digest = self._bundles[-1] if self._bundles else (None, None)
        fits = self._found.marks.get("bundle") == digest
        self._hold(fits, "the policy bundle in force is not the one that was activated last", index)

    def _hold_keys(self) -> None:
        index, keys = self._keys or (None, ())
        for key in sorted({*keys, *self._found.keys}):
            there = "is not there any more" if key in keys else "is there, and no process found it before"
            fits = key in keys and key in self._found.keys
            self._hold(fits, f"the public key {key} {there}", index)

    def _hold(self, fits: bool, what: str, entry: int | None) -> None:
        if fits:
            self._tally.fits()
        else:
            self._tally.misfits(what, entry)


def _mark(told: Told) -> str:
    witnesses, needed = told.data.get("witnesses"), told.data.get("needed")
    names = tuple(map(str, witnesses)) if isinstance(witnesses, list) else ()
    return WitnessesNamed(names, needed if isinstance(needed, int) else 0).mark()


def _named(verifier: object) -> str:
    """Return name and hash of a verifier key."""
    return "+".join(str(verifier).split("+", 2)[:2])
