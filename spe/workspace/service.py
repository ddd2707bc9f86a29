"""Use cases of workspaces: open, close, look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.events import digest_of
from spe.audit.events.record import RecordSeen
from spe.audit.events.workspace import WorkspaceClosing, WorkspaceOpened
from spe.audit.records import Stored
from spe.cohort.model import Cohort
from spe.errors import NotNow
from spe.identity.model import Person
from spe.permit.model import DataPermit
from spe.permit.questions import see
from spe.policy.enforce import Done, Effect, Enforcer, again
from spe.policy.model import Verdict
from spe.states import step
from spe.values import to_data
from spe.workspace import questions
from spe.workspace.model import TRANSITIONS, Workspace, WorkspaceCommand


@dataclass(frozen=True, slots=True)
class WorkspaceDesk:
    """Where a permit's users open and close their places."""

    pep: Enforcer

    def open(self, person: Person, permit_id: str, site: str) -> Done:
        """Open the permit's workspace at a site; the cohort must be there."""
        return again(lambda: self._open(person, permit_id, site))

    def close(self, person: Person, permit_id: str, site: str, reason: str) -> Done:
        """Close the workspace: its runs end, its place is removed."""
        stored, now = self._permit(person, permit_id, site), self.pep.now()
        permit, cohort = stored.value, self._cohort(stored.value, site)

        def effect(workspace: Workspace, _verdict: Verdict) -> Effect[Workspace]:
            status = step(TRANSITIONS, workspace.status, WorkspaceCommand.CLOSE)
            return Effect(
                replace(workspace, status=status, reason=reason),
                WorkspaceClosing(workspace.id, digest_of(reason)),
            )

        return self.pep.alter(
            person.who(),
            Workspace,
            permit.at_site(site),
            ask=lambda _: questions.open_workspace(person, WorkspaceCommand.CLOSE, permit, site, cohort, now),
            effect=effect,
            relies=(stored,),
        )

    def show(self, person: Person, permit_id: str, site: str) -> Mapping[str, Any]:
        """Return the workspace's state."""
        permit = self._permit(person, permit_id, site).value
        workspace = self.pep.load(person.who(), Workspace, permit.at_site(site)).value
        self.pep.note(person.who(), RecordSeen("workspace", workspace.id, "case"))
        shown: dict[str, Any] = to_data(workspace)
        return shown

    def _open(self, person: Person, permit_id: str, site: str) -> Done:
        stored, now = self._permit(person, permit_id, site), self.pep.now()
        permit = stored.value
        key, before = permit.at_site(site), self.pep.records.get(Workspace, permit.at_site(site))
        cohort = self._cohort(permit, site)
        question = questions.open_workspace(person, "open", permit, site, cohort, now)
        workspace = Workspace(id=key, permit=permit.id, site=site, opened=now)

        def effect(_verdict: Verdict) -> Effect[Workspace]:
            if before is not None:
                raise NotNow("this workspace was opened before; a closed one stays closed")
            return Effect(workspace, WorkspaceOpened(key))

        return self.pep.create(person.who(), question, effect, key, relies=(stored,))

    def _cohort(self, permit: DataPermit, site: str) -> str:
        stored = self.pep.records.get(Cohort, permit.at_site(site))
        return stored.value.status if stored else "none"

    def _permit(self, person: Person, id_: str, site: str) -> Stored[DataPermit]:
        stored = self.pep.load(person.who(), DataPermit, id_)
        self.pep.reveal(person.who(), see(person, stored.value, self.pep.now(), "workspace", site=site), id_)
        return stored
