"""The one family of errors that `spe` raises; it knows neither HTTP nor terminals.

`web/problems.py` maps each class to a status, `cli` to an exit code. The message is what a person reads, so it
says what happened and, where there is one, what mends it. It never carries personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Reason:
    """One coded reason for a refusal; people read the catalogue's message for `code`, filled with `params`."""

    code: str
    params: tuple[tuple[str, str], ...] = field(default=())


class SpeError(Exception):
    """Root of everything raised on purpose; `exit_code` follows the table in docs/reference/exit-codes.md."""

    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "Something went wrong"


class Malformed(SpeError):
    """The input breaks its schema: unknown field, wrong type, too long, not text."""

    exit_code = 2
    title = "The input can't be read"


class NotFound(SpeError):
    """There is no such thing, or the caller may not know of it: both read the same."""

    exit_code = 10
    title = "Not found"


class NotSignedIn(SpeError):
    """No valid token came with the call."""

    exit_code = 10
    title = "Sign in first"


class Denied(SpeError):
    """Policy refused; the denial is in the log before this is raised."""

    exit_code = 10
    title = "Refused by policy"

    def __init__(self, gate: str, reasons: tuple[Reason, ...]) -> None:
        super().__init__(f"{gate}: " + ", ".join(reason.code for reason in reasons))
        self.gate = gate
        self.reasons = reasons


class SecondFactorNeeded(Denied):
    """Nothing is missing but a fresh second factor: who proves one may repeat the call."""

    title = "A fresh second factor is needed"


class NotNow(SpeError):
    """The thing's status does not admit this command."""

    exit_code = 10
    title = "Not possible in this state"


class Conflict(SpeError):
    """Something this change relied on has changed since it was read; load and ask again."""

    exit_code = 1
    title = "Changed meanwhile"


class StoppedByChecks(SpeError):
    """An output failed its disclosure checks."""

    exit_code = 11
    title = "Stopped by output checks"


class IntegrityFailure(SpeError):
    """Bytes are not what was signed, hashed or sealed."""

    exit_code = 12
    title = "Integrity failure"


class Unreachable(SpeError):
    """A needed part (policy engine, database, key, sandbox) can't be had, so nothing was done."""

    exit_code = 13
    title = "A needed part is unreachable"


class NotKnownYet(Unreachable):
    """It was being written when the disk or the way to it failed or hung: whether it is there shows in the log once that answers.

    What was made for it outside the database stays until that is known.
    """

    title = "It is not known yet whether this was done"


class Undecided(Unreachable):
    """No rule in force has answered, so the act is denied; the denial is in the log before this is raised, and asking again may help."""

    exit_code = 10
    title = "Denied, because no rule could be asked"

    def __init__(self, gate: str, reasons: tuple[Reason, ...]) -> None:
        super().__init__("the policy engine did not answer, so nothing was done")
        self.gate = gate
        self.reasons = reasons
