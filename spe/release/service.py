"""Use cases of releases: ask, look, download, recall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.cover import Cover
from spe.audit.events import digest_of
from spe.audit.events.record import RecordSeen
from spe.audit.events.release import ReleaseAsked, ReleaseDownloaded, ReleaseRecalled
from spe.audit.records import Stored
from spe.clock import epoch
from spe.crypto.vault import Vault, verified
from spe.errors import NotNow
from spe.identity.model import Person
from spe.ids import new_id
from spe.output.model import Output
from spe.permit.model import DataPermit
from spe.permit.questions import see
from spe.policy.enforce import Done, Effect, Enforcer
from spe.policy.model import Verdict
from spe.release import questions
from spe.release.bundle import SCOPE, zip_object
from spe.release.model import TRANSITIONS, Release, ReleaseCommand, ReleasedFile, ReleaseStatus
from spe.states import step
from spe.values import says_something, to_data


@dataclass(frozen=True, slots=True)
class ReleaseDesk:
    """Where data users ask for approved outputs and fetch what was released."""

    pep: Enforcer
    vault: Vault
    cover: Cover

    def ask(self, person: Person, permit_id: str, site: str, outputs: tuple[str, ...]) -> Done:
        """Ask for approved outputs of one site to be released together; the worker makes the release."""
        stored = self._permit(person, permit_id)
        permit = stored.value
        read = tuple(self.pep.load(person.who(), Output, id_) for id_ in outputs)
        found = tuple(one.value for one in read)
        grant = permit.grant(site)
        if grant is None or not found or any((one.permit, one.site) != (permit_id, site) for one in found):
            raise self.pep.absent(person.who(), permit_id)
        if len({str(output.layout["file"]) for output in found}) != len(found):
            raise NotNow("each output once, and no two files of the same name")
        born = self.pep.clock.now()
        release = Release(
            id=new_id("rel", born),
            permit=permit_id,
            site=site,
            dataset=grant.dataset,
            by=person.id,
            files=tuple(
                ReleasedFile(output.id, str(output.layout["file"]), output.sha256) for output in found
            ),
            asked=epoch(born),
        )
        question = questions.make(person, "ask", permit, site, found, self.pep.now(), code_intact=True)
        event = ReleaseAsked(release.id, tuple(output.id for output in found))
        return self.pep.create(
            person.who(), question, lambda _: Effect(release, event), release.id, relies=(stored, *read)
        )

    def show(self, person: Person, id_: str) -> Mapping[str, Any]:
        """Return a release and what it holds; digests only once it is released."""
        release = self._release(person, id_)
        self.pep.note(person.who(), RecordSeen("release", id_, "case"))
        shown: dict[str, Any] = to_data(release)
        if release.status not in {ReleaseStatus.RELEASED, ReleaseStatus.RECALLED}:
            shown["files"] = [{"output": file["output"], "name": file["name"]} for file in shown["files"]]
        return shown

    def download(self, person: Person, id_: str) -> tuple[str, str, Iterator[bytes]]:
        """Return name, SHA-256 and bytes of the released zip; the entry is committed, and cosigned, before the first byte."""
        release = self._release(person, id_)
        permit = self._permit(person, release.permit).value
        question = questions.get(
            person, "download", permit, release.site, release.status, self.pep.now(), reason=True
        )
        verdict = self.pep.admit(person.who(), question, id_)
        self.pep.note(person.who(), ReleaseDownloaded(id_, release.sha256), verdict.bundle)
        chunks = self.vault.open(zip_object(id_), SCOPE)
        self.cover.cover(witnessed=True)
        return f"{id_}.zip", release.sha256, verified(chunks, release.sha256)

    def recall(self, person: Person, id_: str, reason: str) -> Done:
        """Recall a release: it can't be fetched any more, and who fetched it is in the log."""
        release = self._release(person, id_)
        stored, now = self._permit(person, release.permit), self.pep.now()

        def effect(current: Release, _verdict: Verdict) -> Effect[Release]:
            status = step(TRANSITIONS, current.status, ReleaseCommand.RECALL)
            after = replace(current, status=status, recalled_for=reason)
            return Effect(after, ReleaseRecalled(id_, digest_of(reason)))

        return self.pep.alter(
            person.who(),
            Release,
            id_,
            ask=lambda current: questions.get(
                person,
                "recall",
                stored.value,
                current.site,
                current.status,
                now,
                reason=says_something(reason),
            ),
            effect=effect,
        )

    def _release(self, person: Person, id_: str) -> Release:
        release = self.pep.load(person.who(), Release, id_).value
        self._permit(person, release.permit)
        return release

    def _permit(self, person: Person, id_: str) -> Stored[DataPermit]:
        stored = self.pep.load(person.who(), DataPermit, id_)
        self.pep.reveal(person.who(), see(person, stored.value, self.pep.now(), "release"), id_)
        return stored
