"""Use cases of whoever wants a proof instead of our word: an entry's inclusion, a log's consistency."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from spe.audit.cover import Cover
from spe.audit.events import SubjectRef
from spe.audit.events.record import LogRead
from spe.audit.proof import SignedLog, consistency, proof_text
from spe.errors import IntegrityFailure, Unreachable
from spe.identity.model import Person
from spe.identity.questions import read_audit
from spe.policy.enforce import Enforcer


@dataclass(frozen=True, slots=True)
class ProofDesk:
    """Where auditors take proofs away."""

    pep: Enforcer
    log: SignedLog
    signed: Cover

    def inclusion(self, person: Person, index: int) -> str:
        """Return the proof, as a text that is checked offline, that entry `index` is in the signed log."""
        self._admit(person, str(index))
        # Where nobody signs, or refuses to sign what was changed, what was signed before can still be proved.
        with suppress(Unreachable, IntegrityFailure):
            self.signed.cover(witnessed=True)
        return proof_text(self.log, index)

    def consistency(self, person: Person, old: int, new: int) -> Mapping[str, Any]:
        """Return the hashes that prove a log of `new` entries to begin with one of `old` (RFC 6962, 2.1.2)."""
        self._admit(person, f"{old}-{new}")
        return {"old": old, "new": new, "hashes": consistency(self.log, old, new)}

    def _admit(self, person: Person, about: str) -> None:
        verdict = self.pep.reveal(person.who(), read_audit(person, "proof", about, self.pep.now()), "proof")
        self.pep.note(person.who(), LogRead("proof", about, SubjectRef("")), verdict.bundle)
