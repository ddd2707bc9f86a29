"""The worker's part: two people's approvals are read back, and only then is the manifest signed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spe.audit.events.code import CodeSealed
from spe.code import questions
from spe.code.model import TRANSITIONS, Code, CodeCommand, CodeStatus
from spe.code.upload import digest
from spe.crypto.signing import SigningKey
from spe.crypto.statements import sign
from spe.identity.model import WORKER
from spe.permit.model import DataPermit
from spe.policy.enforce import Effect, Enforcer
from spe.policy.model import Verdict
from spe.states import step
from spe.values import to_data


@dataclass(frozen=True, slots=True)
class ApprovalOffice:
    """Signs agreed manifests; holds the one key that does."""

    pep: Enforcer
    key: SigningKey

    def pending(self) -> tuple[str, ...]:
        """Return the code that is agreed and not signed yet."""
        return tuple(stored.value.id for stored in self.pep.records.each(Code, status=CodeStatus.AGREED))

    def reconcile(self, id_: str) -> None:
        """Sign one agreed manifest; policy counts its approvals once more."""
        stored = self.pep.load(WORKER.who(), Code, id_)
        relied = self.pep.load(WORKER.who(), DataPermit, stored.value.permit)
        permit = relied.value
        now = self.pep.now()

        def effect(code: Code, _verdict: Verdict) -> Effect[Code]:
            signed = sign(self.key, statement(code, now))
            status = step(TRANSITIONS, code.status, CodeCommand.SEAL)
            after = replace(code, status=status, statement=signed.statement, signature=signed.signature)
            return Effect(after, CodeSealed(id_, code.digest))

        self.pep.alter(
            WORKER.who(),
            Code,
            id_,
            ask=lambda code: questions.seal(WORKER, code, permit, digest(code.manifest), now),
            effect=effect,
            relies=(relied,),
        )


def statement(code: Code, now: int) -> dict[str, object]:
    """Return what is signed: the manifest whole, its digest, and who approved it."""
    return {
        "kind": "approval",
        "version": 1,
        "code": code.id,
        "permit": code.permit,
        "digest": code.digest,
        "manifest": to_data(code.manifest),
        "approvals": [
            {"by": str(approval.by), "organisation": approval.organisation, "at": approval.at}
            for approval in code.approvals
        ],
        "sealed": now,
    }
