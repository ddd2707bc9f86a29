"""A legal hold: what it is on may not be purged or erased while it is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.hold import HoldLifted

EVERYTHING = "log"
"""What a hold on the whole log is about."""


class HoldStatus(StrEnum):
    """A hold is in force from when it is placed until an auditor lifts it; another one is placed anew."""

    PLACED = "placed"
    LIFTED = "lifted"


class HoldCommand(StrEnum):
    """What can be done with a hold that is in force."""

    LIFT = "lift"


TRANSITIONS: Mapping[tuple[HoldStatus, HoldCommand], HoldStatus] = MappingProxyType(
    {(HoldStatus.PLACED, HoldCommand.LIFT): HoldStatus.LIFTED}
)
LEAVES: Mapping[HoldCommand, type[Event]] = {
    HoldCommand.LIFT: HoldLifted,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who placed a hold on what and why, and who lifted it and why; instants in seconds."""

    table: ClassVar[str] = "hold"
    indexed: ClassVar[tuple[str, ...]] = ("about", "status")

    id: str
    about: str
    reason: str
    by: StaffRef
    placed: int
    status: HoldStatus = HoldStatus.PLACED
    lifted: int = 0
    lifted_by: StaffRef = StaffRef()
    lifted_why: str = ""
