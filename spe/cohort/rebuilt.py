"""Who was in a cohort that is gone: worked out again from dataset and directives, and held to the digest in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from spe.audit.change import Who
from spe.audit.events.record import RecordSeen
from spe.cohort import questions
from spe.cohort.extract import rows_digest
from spe.consent.model import Directive, DirectiveProfile, allowed
from spe.identity.model import WORKER
from spe.permit.model import DataPermit, Grant, PermitStatus
from spe.policy.enforce import Enforcer

Remembered = Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class Build:
    """A cohort as the log tells that it was built: entry, instant in seconds, epoch of the directives, keyed digest."""

    entry: int
    at: int
    epoch: int
    rows: str


@dataclass(frozen=True, slots=True)
class Past:
    """What a permit's cohorts at one site were made of; `gone` says who was erased by an instant."""

    permit: DataPermit
    profile: DirectiveProfile
    directives: tuple[Directive, ...]
    gone: Remembered

    def members(self, build: Build, subjects: Iterable[str]) -> frozenset[str]:
        """Return those of `subjects` whom the directives left in `build`."""
        said = [one for one in self.directives if one.epoch <= build.epoch]
        there = [subject for subject in subjects if not self.gone(subject, build.at)]
        return allowed(there, said, self.profile, self.permit.purpose, build.at)

    def proves(self, build: Build, subjects: Iterable[str], key: bytes) -> bool:
        """Say whether the whole cohort as worked out again has the digest of `build`."""
        return rows_digest(key, self.members(build, subjects)) == build.rows


def profile_then(pep: Enforcer, who: Who, permit: DataPermit, grant: Grant, at: int) -> DirectiveProfile:
    """Return how directives are applied to the permit's cohorts, as if it were in force; that `who` asked is logged."""
    in_force = replace(permit, status=PermitStatus.ISSUED)
    verdict = pep.point.ask(questions.build(WORKER, in_force, grant, at, unchanged=True))
    pep.note(who, RecordSeen("cohort", permit.at_site(grant.site), "past"), verdict.bundle)
    return DirectiveProfile.parse(verdict.profile)
