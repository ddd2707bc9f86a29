"""What policy is asked about workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.permit.model import DataPermit
from spe.permit.questions import PermitFacts, facts
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class WorkspaceOpen(Question):
    """May the caller open (or close) this permit's workspace at this site?"""

    gate: ClassVar[str] = "workspace.open"
    caller: Caller
    now: int
    command: str
    permit: PermitFacts
    site: str
    cohort: str


@dataclass(frozen=True, slots=True)
class DataMount(Question):
    """May the worker unseal this cohort into a sandbox of this run, for this reader (`run` or `recompute`)?"""

    gate: ClassVar[str] = "data.mount"
    caller: Caller
    now: int
    permit: PermitFacts
    site: str
    workspace: str
    cohort: str
    epoch_current: bool
    reader: str


def open_workspace(
    person: Person, command: str, permit: DataPermit, site: str, cohort: str, now: int
) -> WorkspaceOpen:
    """Ask whether `person` may open or close the workspace; `cohort` is the cohort's status or "none"."""
    return WorkspaceOpen(caller(person), now, command, facts(permit), site, cohort)


def mount(
    person: Person,
    permit: DataPermit,
    site: str,
    workspace: str,
    cohort: str,
    reader: str,
    now: int,
    *,
    current: bool,
) -> DataMount:
    """Ask whether the cohort may be unsealed now; `workspace` and `cohort` are statuses."""
    return DataMount(caller(person), now, facts(permit), site, workspace, cohort, current, reader)
