"""The witness' judgement: it cosigns a checkpoint only if that continues the last one that it cosigned.

What it cosigns is on disk before anybody hears of it, and checking and keeping are one step that no other call
interrupts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum

import structlog

from spe.audit.checkpoint import Checkpoint, parse_body
from spe.audit.merkle import verify_consistency
from spe.crypto.cosignature import CosigningKey, cosigned_at
from spe.crypto.note import PublicKey, assemble, open_note, signature_line, signatures_by, split_note
from spe.errors import IntegrityFailure, Malformed, Unreachable
from spe.witness.folder import LogFolder, WitnessFolder
from spe.witness.question import parse_question

_LOG = structlog.get_logger("spe.witness")


class Status(IntEnum):
    """What the standard answers with."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_LOG = 404
    CONFLICT = 409
    NOT_CONSISTENT = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a log: cosignature lines, the size that the witness knows (`is_size`), or what was wrong."""

    status: Status
    text: str
    is_size: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """A log that signed two histories, and its checkpoints that show it."""

    origin: str
    evidence: tuple[str, ...]


@dataclass(slots=True)
class _Known:
    """A log as the witness knows it: the last head it cosigned, as it was signed, and when."""

    place: LogFolder
    keys: tuple[PublicKey, ...]
    head: Checkpoint | None = None
    note: str = ""
    line: str = ""
    time: int = 0
    forked: bool = False

    @property
    def size(self) -> int:
        return self.head.size if self.head else 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question whose checkpoint is signed by the log it is of."""

    known: _Known
    old: int
    proof: tuple[bytes, ...]
    note: str
    new: Checkpoint


@dataclass(slots=True)
class Witness:
    """Cosigns for the logs of one folder, which it must have alone; `now` gives seconds since 1970."""

    key: CosigningKey
    now: Callable[[], int]
    _logs: dict[str, _Known]
    _broken: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, folder: WitnessFolder, now: Callable[[], int]) -> Witness:
        """Return the witness of a folder; `IntegrityFailure` when what it knew is damaged or gone."""
        key = folder.key()
        known = [_recalled(log, key) for log in folder.logs()]
        return cls(key, now, {one.keys[0].name: one for one in known})

    def add(self, body: bytes) -> Answer:
        """Answer the request `add-checkpoint`; `Unreachable` when what it would say can't be kept."""
        try:
            asked = self._asked(body)
        except Malformed as error:
            return Answer(Status.MALFORMED, f"{error}\n")
        if isinstance(asked, Answer):
            return asked
        with self._lock:
            return self._judge(asked)

    def last(self, log: str) -> str | None:
        """Return the last cosigned checkpoint of the log whose origin has this SHA-256, None where there is none."""
        with self._lock:
            found = (known for known in self._logs.values() if known.place.path.name == log)
            return next((known.note + known.line for known in found if known.head), None)

    def alarms(self) -> tuple[Alarm, ...]:
        """Return the logs that are refused because they signed two histories."""
        forked = (known for known in self._logs.values() if known.forked)
        return tuple(Alarm(known.keys[0].name, known.place.evidence()) for known in forked)

    def _asked(self, body: bytes) -> _Asked | Answer:
        question = parse_question(body)
        known = self._logs.get(question.origin)
        if known is None:
            return Answer(Status.UNKNOWN_LOG, "this witness doesn't know that log\n")
        note = _signed(question.note, known.keys)
        if note is None:
            return Answer(Status.NOT_SIGNED, "none of the signatures is by a key of that log\n")
        new = parse_body(split_note(note)[0])
        if question.old > new.size:
            raise Malformed("the old size is larger than the checkpoint's")
        return _Asked(known, question.old, question.proof, note, new)

    def _judge(self, asked: _Asked) -> Answer:
        known, new = asked.known, asked.new
        if self._broken:
            raise Unreachable("this witness could not write before: start it anew")
        if known.forked:
            return _knows(known)
        if known.head and new.size == known.size and new.root != known.head.root:
            return self._alarm(known, asked.note, new)
        if asked.old != known.size:
            return _knows(known)
        if not _continues(known, asked.proof, new):
            return Answer(Status.NOT_CONSISTENT, "the proof does not verify\n")
        return self._cosign(known, asked.note, new)

    def _cosign(self, known: _Known, note: str, new: Checkpoint) -> Answer:
        # A time that goes back would say that a smaller tree was the largest one later.
        time = max(self.now(), known.time)
        if new != known.head or time > known.time:
            text, _ = split_note(note)
            line = self.key.cosign(text, time)
            with self._writing():
                known.place.keep(note + line)
            known.head, known.note, known.line, known.time = new, note, line, time
        return Answer(Status.COSIGNED, known.line)

    def _alarm(self, known: _Known, note: str, new: Checkpoint) -> Answer:
        known.forked = True
        with self._writing():
            known.place.keep_evidence(note, known.note)
        _LOG.error("log forked", origin=new.origin, size=new.size, evidence=known.place.path.name)
        return _knows(known)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Cosign nothing any more once something could not be written: what is on disk then is unknown."""
        try:
            yield
        except OSError as cause:
            self._broken = True
            _LOG.error("witness can't write", error=type(cause).__name__, number=cause.errno)
            raise Unreachable("this witness can't keep what it would cosign") from cause


def _knows(known: _Known) -> Answer:
    """Answer with the size that is known; for the very size that was said to be old, it means another history."""
    return Answer(Status.CONFLICT, f"{known.size}\n", is_size=True)


def _signed(note: str, keys: tuple[PublicKey, ...]) -> str | None:
    """Return the checkpoint with the log's signature only, or None where no key of the log signed it."""
    for key in keys:
        try:
            text = open_note(note, key)
        except IntegrityFailure:
            continue
        signature = signatures_by(key, split_note(note)[1])[0]
        return assemble(text, (signature_line(key, signature),))
    return None


def _continues(known: _Known, proof: tuple[bytes, ...], new: Checkpoint) -> bool:
    if known.head is None or known.size == 0:
        return not proof
    try:
        verify_consistency(known.size, known.head.root, new.size, new.root, proof)
    except IntegrityFailure:
        return False
    return True


def _recalled(place: LogFolder, key: CosigningKey) -> _Known:
    """Return a log as it was known; `IntegrityFailure` where its head is not one that this witness cosigned."""
    known = _Known(place, place.keys())
    kept = place.head()
    if kept:
        text, lines = split_note(kept)
        signed = _signed(kept, known.keys)
        time = cosigned_at(text, lines, key.public)
        if signed is None or time is None:
            raise IntegrityFailure(
                f"the head kept of {known.keys[0].name} is not one that this witness cosigned"
            )
        known.head, known.note, known.time = parse_body(text), signed, time
        known.line = kept.removeprefix(signed)
    if place.evidence():
        known.forked = True
        # Whatever ended the process between the two: both are kept.
        place.keep_evidence(known.note)
    return known
