"""A workspace: one permit's place at one site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from spe.audit.events import Event
from spe.audit.events.workspace import WorkspaceClosing, WorkspaceGone, WorkspaceHalted, WorkspaceResumed


class WorkspaceStatus(StrEnum):
    """A closing workspace has no runs any more and is gone once its data are destroyed."""

    OPEN = "open"
    HALTED = "halted"
    CLOSING = "closing"
    GONE = "gone"


class WorkspaceCommand(StrEnum):
    """What is done to a workspace; halting comes with a suspended permit and is reversible."""

    HALT = "halt"
    RESUME = "resume"
    CLOSE = "close"
    REMOVE = "remove"


TRANSITIONS: Mapping[tuple[WorkspaceStatus, WorkspaceCommand], WorkspaceStatus] = {
    (WorkspaceStatus.OPEN, WorkspaceCommand.HALT): WorkspaceStatus.HALTED,
    (WorkspaceStatus.OPEN, WorkspaceCommand.CLOSE): WorkspaceStatus.CLOSING,
    (WorkspaceStatus.HALTED, WorkspaceCommand.RESUME): WorkspaceStatus.OPEN,
    (WorkspaceStatus.HALTED, WorkspaceCommand.CLOSE): WorkspaceStatus.CLOSING,
    (WorkspaceStatus.CLOSING, WorkspaceCommand.REMOVE): WorkspaceStatus.GONE,
}
LEAVES: Mapping[WorkspaceCommand, type[Event]] = {
    WorkspaceCommand.HALT: WorkspaceHalted,
    WorkspaceCommand.RESUME: WorkspaceResumed,
    WorkspaceCommand.CLOSE: WorkspaceClosing,
    WorkspaceCommand.REMOVE: WorkspaceGone,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Keyed (permit, site): its id is `permit.site`. `reason` says why it is not open."""

    table: ClassVar[str] = "workspace"
    indexed: ClassVar[tuple[str, ...]] = ("permit", "site", "status")

    id: str
    permit: str
    site: str
    opened: int
    status: WorkspaceStatus = WorkspaceStatus.OPEN
    reason: str = ""
    gone: int = 0
