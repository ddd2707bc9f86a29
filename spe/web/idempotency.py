"""Writes that may be repeated: the answer commits with the effect, and a repetition gets it and does nothing.

The call's key and digest travel to the committer in a context variable, so that no desk knows of HTTP. Only the first
committed Change of a call carries it: a use case is one Change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Protocol

from spe.audit.change import Call, Change, Committer
from spe.errors import Conflict, Malformed, SpeError
from spe.identity.model import Person

KEY = re.compile(r"[A-Za-z0-9_.:-]{8,128}")
HEADER = "Idempotency-Key"


class KeyReused(Conflict):
    """This idempotency key came before with another call."""

    title = "Key used for another call"


class Answers(Protocol):
    """Reads the answers that were committed with calls."""

    def answered(self, key: str) -> tuple[str, Mapping[str, Any]] | None:
        """Return the digest of the call that had this key and what was answered, or None."""
        ...


@dataclass(slots=True)
class _Pending:
    call: Call
    committed: bool = False


_CURRENT: ContextVar[_Pending | None] = ContextVar("call", default=None)


@dataclass(frozen=True, slots=True)
class AnsweringCommitter:
    """A `Committer` that puts the current call into the Change that answers it; wiring wraps the API's committer so."""

    inner: Committer

    def commit(self, change: Change) -> int:
        """Commit `change` as the answer to the current call, where there is one and `change` has an effect."""
        pending = _CURRENT.get()
        if pending is None or pending.committed or not change.puts:
            return self.inner.commit(change)
        index = self.inner.commit(replace(change, call=pending.call))
        pending.committed = True
        return index


def call_of(person: Person, key: str, method: str, path: str, sent: bytes) -> Call:
    """Return the call: its key hashed with the caller, and the digest of what was sent (`sent`: the body's SHA-256).

    The caller's key is in the digest as well: without it nobody finds what was sent by guessing, such as a pseudonym.
    """
    if KEY.fullmatch(key) is None:
        raise Malformed(
            f"{HEADER} must be 8 to 128 letters, digits or _ . : - (send a new one for every new act)"
        )
    hashed = sha256(f"{len(person.id)}:{person.id}:{key}".encode()).hexdigest()
    return Call(hashed, sha256(f"{key}\n{method} {path}\n".encode() + sent).hexdigest())


def once(call: Call, answers: Answers, act: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the answer to `call`: the committed one where it was answered before, else what `act` gives.

    Of two that run at once one commits; the other, whatever stopped it, hears the same answer. `KeyReused` where the
    key came with another digest.
    """
    before = _answered(call, answers)
    if before is not None:
        return before
    try:
        with _as_current(call):
            return act()
    except SpeError:
        meanwhile = _answered(call, answers)
        if meanwhile is None:
            raise
        return meanwhile


def _answered(call: Call, answers: Answers) -> Mapping[str, Any] | None:
    found = answers.answered(call.key)
    if found is None:
        return None
    digest, answer = found
    if digest != call.digest:
        raise KeyReused(f"this {HEADER} came before with another call; send a new one for every new act")
    return answer


@contextmanager
def _as_current(call: Call) -> Iterator[None]:
    token = _CURRENT.set(_Pending(call))
    try:
        yield
    finally:
        _CURRENT.reset(token)
