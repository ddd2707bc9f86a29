"""A release: approved outputs of one permit that leave, as exactly the bytes that were checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.release import (
    ReleaseHeld,
    ReleaseMade,
    ReleaseRecalled,
    ReleaseRechecked,
    ReleaseStopped,
)


class ReleaseStatus(StrEnum):
    """A pending release waits for the worker; a held one for the differencing check after a directive."""

    PENDING = "pending"
    HELD = "held"
    STOPPED = "stopped"
    RELEASED = "released"
    RECALLED = "recalled"


class ReleaseCommand(StrEnum):
    """What happens to a release."""

    RELEASE = "release"
    STOP = "stop"
    HOLD = "hold"
    RECHECK = "recheck"
    RECALL = "recall"


TRANSITIONS: Mapping[tuple[ReleaseStatus, ReleaseCommand], ReleaseStatus] = {
    (ReleaseStatus.PENDING, ReleaseCommand.RELEASE): ReleaseStatus.RELEASED,
    (ReleaseStatus.PENDING, ReleaseCommand.STOP): ReleaseStatus.STOPPED,
    (ReleaseStatus.PENDING, ReleaseCommand.HOLD): ReleaseStatus.HELD,
    (ReleaseStatus.HELD, ReleaseCommand.RECHECK): ReleaseStatus.PENDING,
    (ReleaseStatus.HELD, ReleaseCommand.STOP): ReleaseStatus.STOPPED,
    (ReleaseStatus.RELEASED, ReleaseCommand.RECALL): ReleaseStatus.RECALLED,
}
LEAVES: Mapping[ReleaseCommand, type[Event]] = {
    ReleaseCommand.RELEASE: ReleaseMade,
    ReleaseCommand.STOP: ReleaseStopped,
    ReleaseCommand.HOLD: ReleaseHeld,
    ReleaseCommand.RECHECK: ReleaseRechecked,
    ReleaseCommand.RECALL: ReleaseRecalled,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """A file of the release: the output it is and the digest that was approved."""

    output: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """`sha256` is of the zip; `statement` says what is in it and is signed by the worker."""

    table: ClassVar[str] = "release"
    indexed: ClassVar[tuple[str, ...]] = ("permit", "site", "status", "dataset")

    id: str
    permit: str
    site: str
    dataset: str
    by: StaffRef
    files: tuple[ReleasedFile, ...]
    asked: int
    status: ReleaseStatus = ReleaseStatus.PENDING
    reasons: tuple[str, ...] = ()
    released: int = 0
    sha256: str = ""
    statement: str = ""
    signature: str = ""
    recalled_for: str = ""


@dataclass(frozen=True, slots=True)
class KeptSum:
    """What a later sum is compared with, decimals as text: more than was released, so it is never shown to anybody.

    `largest` holds the two biggest contributions by size.
    """

    total: str
    absolute: str
    largest: tuple[str, ...]
    nonzero: int
    at_low: int
    at_high: int


@dataclass(frozen=True, slots=True)
class KeptCell:
    """Released counts of one cell, and of a sum or mean what contributes to it."""

    labels: tuple[str, ...]
    n: int
    events: int
    censored: int
    sums: KeptSum | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedTable:
    """What an earlier release told, kept for the differencing check for as long as it may be compared with."""

    table: ClassVar[str] = "released_table"
    indexed: ClassVar[tuple[str, ...]] = ("dataset", "release")

    id: str
    release: str
    permit: str
    site: str
    dataset: str
    rows: str
    layout: Mapping[str, Any]
    cells: tuple[KeptCell, ...]
