"""The worker's part: workspaces follow their permit, and what a permit leaves behind is destroyed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from spe.audit.events import Event, digest_of
from spe.audit.events.permit import PermitKeyDestroyed
from spe.audit.events.workspace import WorkspaceClosing, WorkspaceGone, WorkspaceHalted, WorkspaceResumed
from spe.audit.receipts import Action, Answered, Happened
from spe.cohort.place import scope
from spe.crypto.data_keys import DataKeys
from spe.identity.model import WORKER
from spe.permit.model import DataPermit, PermitStatus, is_over
from spe.policy.enforce import Effect, Enforcer
from spe.states import step
from spe.workspace.model import TRANSITIONS, Workspace, WorkspaceCommand, WorkspaceStatus


class Runs(Protocol):
    """Tells whether anything still runs in a workspace."""

    def busy(self, permit: str, site: str) -> bool:
        """Say whether a sandbox of this workspace is alive."""
        ...


@dataclass(frozen=True, slots=True)
class WorkspaceOffice:
    """Halts, resumes, closes and removes workspaces as their permit says; a missed fact is made up for."""

    pep: Enforcer
    runs: Runs
    name: str = "workspace"

    def pending(self) -> tuple[str, ...]:
        """Return the workspaces that are not as their permit says they should be."""
        found = (stored.value for stored in self.pep.records.each(Workspace))
        return tuple(workspace.id for workspace in found if self._due(workspace) is not None)

    def reconcile(self, key: str) -> None:
        """Take one workspace one step towards what its permit says."""
        workspace = self.pep.load(WORKER.who(), Workspace, key).value
        due = self._due(workspace)
        if due is not None:
            self._take(workspace, due)

    def react(self, fact: Happened) -> tuple[Answered, ...]:
        """Follow a permit's suspension, resumption or revocation at once."""
        actions = {
            "permit.suspended": Action.HELD,
            "permit.resumed": Action.RESUMED,
            "permit.revoked": Action.STOPPED,
        }
        if fact.kind not in actions:
            return ()
        answers = []
        for stored in self.pep.records.each(Workspace, permit=str(fact.data["permit"])):
            self.reconcile(stored.value.id)
            answers.append(Answered(self.name, stored.value.id, actions[fact.kind]))
        return tuple(answers)

    def _due(self, workspace: Workspace) -> WorkspaceCommand | None:
        status = workspace.status
        if status is WorkspaceStatus.GONE:
            return None
        if status is WorkspaceStatus.CLOSING:
            busy = self.runs.busy(workspace.permit, workspace.site)
            return None if busy else WorkspaceCommand.REMOVE
        permit = self.pep.load(WORKER.who(), DataPermit, workspace.permit).value
        if is_over(permit, self.pep.now()):
            return WorkspaceCommand.CLOSE
        suspended = permit.status is PermitStatus.SUSPENDED
        if suspended == (status is WorkspaceStatus.HALTED):
            return None
        return WorkspaceCommand.HALT if suspended else WorkspaceCommand.RESUME

    def _take(self, workspace: Workspace, command: WorkspaceCommand) -> None:
        reason = (
            "" if command is WorkspaceCommand.RESUME else workspace.reason or "the permit no longer allows it"
        )
        gone = self.pep.now() if command is WorkspaceCommand.REMOVE else 0
        events: dict[WorkspaceCommand, Event] = {
            WorkspaceCommand.HALT: WorkspaceHalted(workspace.id, digest_of(reason)),
            WorkspaceCommand.RESUME: WorkspaceResumed(workspace.id),
            WorkspaceCommand.CLOSE: WorkspaceClosing(workspace.id, digest_of(reason)),
            WorkspaceCommand.REMOVE: WorkspaceGone(workspace.id),
        }

        def effect(current: Workspace) -> Effect[Workspace]:
            status = step(TRANSITIONS, current.status, command)
            return Effect(replace(current, status=status, reason=reason, gone=gone), events[command])

        self.pep.record(WORKER.who(), Workspace, workspace.id, effect)


@dataclass(frozen=True, slots=True)
class EndingOffice:
    """Destroys the data key of every permit that has ended, once nothing runs under it any more."""

    pep: Enforcer
    keys: DataKeys
    runs: Runs

    def pending(self) -> tuple[str, ...]:
        """Return the ended permits whose data key is still there and whose workspaces are all gone."""
        permits = (stored.value for stored in self.pep.records.each(DataPermit))
        now = self.pep.now()
        return tuple(
            permit.id
            for permit in permits
            if is_over(permit, now) and self.keys.exists(scope(permit.id)) and self._still(permit)
        )

    def reconcile(self, permit: str) -> None:
        """Destroy one permit's data key; the entry comes first, and a crash between the two repeats both."""
        self.pep.note(WORKER.who(), PermitKeyDestroyed(permit))
        self.keys.destroy(scope(permit))

    def _still(self, permit: DataPermit) -> bool:
        places = (stored.value for stored in self.pep.records.each(Workspace, permit=permit.id))
        gone = all(place.status is WorkspaceStatus.GONE for place in places)
        return gone and not any(self.runs.busy(permit.id, grant.site) for grant in permit.grants)
