"""Events of workspaces."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class WorkspaceOpened(Event):
    """A data user opened a permit's workspace at a site."""

    type: ClassVar[str] = "workspace.opened"
    workspace: str


@dataclass(frozen=True, slots=True)
class WorkspaceHalted(Event):
    """A workspace was halted; it can be resumed."""

    type: ClassVar[str] = "workspace.halted"
    workspace: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class WorkspaceResumed(Event):
    """A halted workspace was resumed."""

    type: ClassVar[str] = "workspace.resumed"
    workspace: str


@dataclass(frozen=True, slots=True)
class WorkspaceClosing(Event):
    """A workspace is being closed for good."""

    type: ClassVar[str] = "workspace.closing"
    workspace: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class WorkspaceGone(Event):
    """A workspace is gone: no run, no data."""

    type: ClassVar[str] = "workspace.gone"
    workspace: str


@dataclass(frozen=True, slots=True)
class DataUnsealed(Event):
    """A cohort is about to be unsealed into a sandbox; committed before the first byte."""

    type: ClassVar[str] = "workspace.data_unsealed"
    workspace: str
    run: str
    reader: str
    sha256: str
