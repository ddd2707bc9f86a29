"""Having witnesses cosign: a thread for each, level-triggered, so that a slow one keeps nobody waiting.

What a witness answers is believed as far as its signature goes. That it says no, or to know more than this log has, is
believed before signing begins, when saying nothing would hide that the database was set back; later it is an alarm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from spe.audit.cosigned import Answer, AskedWitness, Cosigned, Knows, Refused
from spe.audit.merkle import consistency_proof
from spe.audit.nodes import Nodes
from spe.audit.tiles import StoredTiles
from spe.crypto.cosignature import cosigned_at
from spe.crypto.note import split_note
from spe.errors import IntegrityFailure, SpeError, Unreachable

_MOST_TRIES = 4
_MOST_SKEW = 300
_LOOK_EVERY = 1.0
_LONGEST_PAUSE = 5.0
_FIRST_PAUSE = 0.25
_ALARM_EVERY = 60.0
_NOT_CONSISTENT = 422
_LOG = structlog.get_logger("spe.worker")


class Contradicted(IntegrityFailure):
    """A witness saw another history of this log, or more of it, than the database has: `seen` entries."""

    def __init__(self, witness: str, size: int, seen: int, what: str) -> None:
        super().__init__(what)
        self.witness, self.size, self.seen = witness, size, seen


class Log(StoredTiles, Protocol):
    """The log as it is shown to witnesses."""

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the newest checkpoint."""
        ...

    def keep_cosignature(self, size: int, witness: str, line: str) -> None:
        """Keep a witness' signature line under the checkpoint of `size`; the first one stays."""
        ...


@dataclass(slots=True)
class Cosigner:
    """Brings the newest checkpoint to one witness; `empty` is the checkpoint of no entries, for a log without one.

    `now` gives seconds since 1970.
    """

    log: Log
    witness: AskedWitness
    empty: str
    now: Callable[[], float] = time.time
    _known: int = 0
    _done: int = -1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """The witness' name."""
        return self.witness.key.name

    def step(self) -> None:
        """Have the newest checkpoint cosigned unless it is.

        `Contradicted`: the witness saw something else. `Unreachable`: it can't be had, or what it says can't be used.
        """
        with self._lock:
            for _ in range(_MOST_TRIES):
                size, note = self.log.latest_checkpoint() or (0, self.empty)
                if size == self._done:
                    return
                answer = self._asked(min(self._known, size), size, note)
                if isinstance(answer, Cosigned):
                    self._keep(size, note, answer)
                    return
                self._hear(answer, size)
        raise Unreachable(f"the witness {self.name} names another size each time")

    def _asked(self, old: int, size: int, note: str) -> Answer:
        self._known = old
        proof = consistency_proof(old, size, Nodes(self.log, size).get) if old else ()
        return self.witness.ask(old, proof, note)

    def _hear(self, answer: Knows | Refused, size: int) -> None:
        if isinstance(answer, Knows) and answer.size > size:
            latest, _ = self.log.latest_checkpoint() or (0, "")
            if answer.size > latest:
                raise self._contradicted(
                    size, answer.size, f"has seen {answer.size} entries, {latest} are signed here"
                )
        elif isinstance(answer, Knows) and answer.size == self._known:
            raise self._contradicted(size, answer.size, f"has seen another log of {answer.size} entries")
        elif isinstance(answer, Refused):
            if answer.status == _NOT_CONSISTENT:
                what = f"finds that this log does not continue the {self._known} entries it has seen"
                raise self._contradicted(size, self._known, what)
            raise Unreachable(
                f"the witness {self.name} refuses: {_REFUSALS.get(answer.status, answer.status)}"
            )
        self._known = answer.size

    def _contradicted(self, size: int, seen: int, what: str) -> Contradicted:
        return Contradicted(self.name, size, seen, f"the witness {self.name} {what}")

    def _keep(self, size: int, note: str, answer: Cosigned) -> None:
        text, mine = split_note(note)[0], f"\u2014 {self.name} "
        lines = [line for line in answer.lines if line.startswith(mine)]
        try:
            found = [
                (at, line)
                for line in lines
                if (at := cosigned_at(text, (line,), self.witness.key)) is not None
            ]
        except IntegrityFailure as cause:
            raise Unreachable(f"the witness {self.name} answers with what does not verify") from cause
        if len(found) != 1:
            raise Unreachable(f"the witness {self.name} answers without its own cosignature")
        at, line = found[0]
        if abs(at - self.now()) > _MOST_SKEW:
            raise Unreachable(
                f"the clock of the witness {self.name}, or this one, is more than {_MOST_SKEW} s off"
            )
        if size:
            self.log.keep_cosignature(size, self.name, f"{line}\n")
        self._known = self._done = size


_REFUSALS = {
    403: "it knows another key of this log",
    404: "it does not know this log (`spe witness init ... --log KEY`, and start it anew)",
}


@dataclass(slots=True)
class Cosigning:
    """All witnesses, each at its own pace.

    `alarm` hears when a witness begins to contradict, once until it cosigns again and once a minute at most: a witness
    must not be able to fill the log.
    """

    cosigners: Sequence[Cosigner]
    alarm: Callable[[Contradicted], None] = lambda _contradicted: None
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _wakes: list[threading.Event] = field(default_factory=list)
    _alarmed: dict[str, float] = field(default_factory=dict)
    _contradicting: set[str] = field(default_factory=set)

    def check(self, needed: int, patience: float) -> None:
        """Hold the database to what the witnesses saw, before anything is signed.

        `IntegrityFailure`: one of them saw another history, or more. `Unreachable`: fewer than `needed` answered.
        """
        heard = self._heard(patience)
        against = [str(error) for error in heard.values() if isinstance(error, IntegrityFailure)]
        if against:
            raise IntegrityFailure(f"the database is not what was cosigned: {'; '.join(against)}")
        silent = [str(error) for error in heard.values() if error is not None]
        if len(heard) - len(silent) < needed:
            raise Unreachable(f"{needed} of {len(heard)} witnesses must answer first: {'; '.join(silent)}")
        for what in silent:
            _LOG.warning("witness silent at the start", what=what)

    def _heard(self, patience: float) -> dict[str, Exception | None]:
        """Ask all of them at once; return what went wrong with each, None where nothing did."""
        silence = "did not answer in time"
        heard: dict[str, Exception | None] = {
            one.name: Unreachable(f"the witness {one.name} {silence}") for one in self.cosigners
        }

        def ask(one: Cosigner) -> None:
            heard[one.name] = _tried(one)

        asking = [
            threading.Thread(target=ask, args=(one,), name="witness", daemon=True) for one in self.cosigners
        ]
        for thread in asking:
            thread.start()
        _join(asking, patience)
        return dict(heard)

    def start(self) -> None:
        """Begin."""
        for one in self.cosigners:
            wake = threading.Event()
            thread = threading.Thread(target=self._run, args=(one, wake), name="cosigning", daemon=True)
            self._wakes.append(wake)
            self._threads.append(thread)
            thread.start()

    def wake(self, _size: int = 0) -> None:
        """Look now: something was signed."""
        for wake in self._wakes:
            wake.set()

    def close(self) -> None:
        """End it, whether it was begun or not; a witness that doesn't answer is waited for a few seconds only."""
        self._stop.set()
        self.wake()
        _join(self._threads, _LONGEST_PAUSE)
        for one in self.cosigners:
            one.witness.close()

    def _run(self, one: Cosigner, wake: threading.Event) -> None:
        told, pause = "", 0.0
        while not self._stop.wait(pause):
            wake.clear()
            error = _tried(one)
            told = self._tell(one, error, told)
            pause = 0.0 if error is None else min(max(_FIRST_PAUSE, pause * 2), _LONGEST_PAUSE)
            if error is None:
                wake.wait(_LOOK_EVERY)

    def _tell(self, one: Cosigner, error: Exception | None, told: str) -> str:
        """Tell what changed; return what is wrong now."""
        what = type(error).__name__ if error is not None else ""
        if error is None:
            self._contradicting.discard(one.name)
        if isinstance(error, Contradicted):
            self._alarm(error)
        if what == told:
            return told
        if isinstance(error, Contradicted):
            _LOG.error("witness contradicts", witness=one.name, size=error.size, seen=error.seen)
        elif error is not None:
            _LOG.warning("witness fails", witness=one.name, error=what)
        else:
            _LOG.info("witness cosigns again", witness=one.name)
        return what

    def _alarm(self, error: Contradicted) -> None:
        name, now = error.witness, time.monotonic()
        if name in self._contradicting or now - self._alarmed.get(name, -_ALARM_EVERY) < _ALARM_EVERY:
            return
        self._contradicting.add(name)
        self._alarmed[name] = now
        try:
            self.alarm(error)
        except SpeError as cause:
            _LOG.error("alarm not logged", error=type(cause).__name__)


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def _tried(one: Cosigner) -> Exception | None:
    try:
        one.step()
    except Exception as error:  # noqa: BLE001 - a thread that ended would have nothing cosigned any more
        return error
    return None
