"""Use cases of project code: register, approve, reject, read for review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.events.code import CodeApproved, CodeRegistered, CodeRejected
from spe.audit.events.record import RecordSeen
from spe.audit.records import Stored
from spe.code import questions
from spe.code.layout import Kind
from spe.code.layout_parse import parse_layouts
from spe.code.model import TRANSITIONS, Approval, Code, CodeCommand
from spe.code.place import SCOPE, object_name, shared_variables
from spe.code.upload import Ground, Upload, digest, make_manifest
from spe.crypto.data_keys import DataKeys
from spe.crypto.vault import Vault, whole
from spe.errors import NotFound
from spe.identity.model import Person
from spe.ids import new_id
from spe.permit.model import DataPermit
from spe.permit.questions import see
from spe.policy.enforce import MISSING, Done, Effect, Enforcer
from spe.policy.model import Verdict
from spe.states import step
from spe.values import to_data


@dataclass(frozen=True, slots=True)
class CodeDesk:
    """Where data users register code and approvers read and approve it."""

    pep: Enforcer
    vault: Vault
    keys: DataKeys
    ground: Ground

    def register(self, person: Person, permit_id: str, upload: Upload) -> Done:
        """Seal a project's source and keep its manifest; whoever changes a byte has another digest to get approved."""
        stored = self._permit(person, permit_id)
        permit = stored.value
        manifest = make_manifest(upload, self.ground, shared_variables(self.pep.records, permit))
        layouts = parse_layouts(manifest.layouts)
        question = questions.register(
            person,
            permit,
            manifest.fields,
            len(layouts),
            self.pep.now(),
            recomputable=all(layout.kind is not Kind.OTHER for layout in layouts),
        )
        id_ = new_id("code", self.pep.clock.now())
        code = Code(
            id=id_,
            permit=permit.id,
            by=person.id,
            title=upload.title,
            manifest=manifest,
            digest=digest(manifest),
        )

        def effect(_verdict: Verdict) -> Effect[Code]:
            self.keys.create(SCOPE)
            for file in upload.files:
                self.vault.put(object_name(id_, file.path), SCOPE, (file.content.encode(),))
            return Effect(code, CodeRegistered(id_, permit.id, code.digest))

        return self.pep.create(person.who(), question, effect, id_, relies=(stored,))

    def approve(self, person: Person, id_: str, seen: str) -> Done:
        """Approve the manifest whose digest is `seen`; the second approver's yes makes it agreed."""
        now, stored = self.pep.now(), self._permit_of(person, id_)
        permit = stored.value

        def effect(code: Code, verdict: Verdict) -> Effect[Code]:
            settled = verdict.profile.get("settled") is True
            status = step(TRANSITIONS, code.status, CodeCommand.AGREE if settled else CodeCommand.APPROVE)
            approval = Approval(person.id, person.organisation, seen, now)
            after = replace(code, status=status, approvals=(*code.approvals, approval))
            return Effect(after, CodeApproved(id_, seen, settled))

        return self.pep.alter(
            person.who(),
            Code,
            id_,
            ask=lambda code: questions.approve(person, CodeCommand.APPROVE, code, permit, seen, now),
            effect=effect,
            relies=(stored,),
        )

    def reject(self, person: Person, id_: str, seen: str) -> Done:
        """Reject code for good; its project may register another version."""
        now, stored = self.pep.now(), self._permit_of(person, id_)
        permit = stored.value

        def effect(code: Code, _verdict: Verdict) -> Effect[Code]:
            status = step(TRANSITIONS, code.status, CodeCommand.REJECT)
            return Effect(replace(code, status=status), CodeRejected(id_, seen))

        return self.pep.alter(
            person.who(),
            Code,
            id_,
            ask=lambda code: questions.approve(person, CodeCommand.REJECT, code, permit, seen, now),
            effect=effect,
            relies=(stored,),
        )

    def show(self, person: Person, id_: str) -> Mapping[str, Any]:
        """Return the code's manifest and state for its users and approvers."""
        code = self._code(person, id_).value
        self.pep.note(person.who(), RecordSeen("code", id_, "case"))
        shown: dict[str, Any] = to_data(code)
        return shown

    def file(self, person: Person, id_: str, path: str) -> bytes:
        """Return one source file for review."""
        code = self._code(person, id_, "file").value
        if path not in {file.path for file in code.manifest.files}:
            raise NotFound(MISSING)
        self.pep.note(person.who(), RecordSeen("code", f"{id_}/{path}", "file"))
        return whole(self.vault, object_name(id_, path), SCOPE)

    def _code(self, person: Person, id_: str, view: str = "case") -> Stored[Code]:
        stored = self.pep.load(person.who(), Code, id_)
        self._permit(person, stored.value.permit, view)
        return stored

    def _permit_of(self, person: Person, id_: str) -> Stored[DataPermit]:
        return self._permit(person, self.pep.load(person.who(), Code, id_).value.permit)

    def _permit(self, person: Person, id_: str, view: str = "case") -> Stored[DataPermit]:
        stored = self.pep.load(person.who(), DataPermit, id_)
        self.pep.reveal(person.who(), see(person, stored.value, self.pep.now(), "code", view), id_)
        return stored
