"""What policy is asked about cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.permit.model import DataPermit, Grant
from spe.permit.questions import PermitFacts, facts
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class CohortBuild(Question):
    """May this cohort be built, and how are directives applied? Answers with the directive profile."""

    gate: ClassVar[str] = "cohort.build"
    caller: Caller
    now: int
    permit: PermitFacts
    site: str
    legal_basis: str
    article_9: str
    opt_out_exception: bool
    identifiability: str
    issued: int
    dataset_unchanged: bool


def build(person: Person, permit: DataPermit, grant: Grant, now: int, *, unchanged: bool) -> CohortBuild:
    """Ask for the cohort of `grant`; `unchanged` says whether the dataset still has the digest of the permit."""
    return CohortBuild(
        caller=caller(person),
        now=now,
        permit=facts(permit),
        site=grant.site,
        legal_basis=permit.legal_basis,
        article_9=permit.article_9,
        opt_out_exception=permit.opt_out_exception,
        identifiability=grant.identifiability,
        issued=permit.issued,
        dataset_unchanged=unchanged,
    )
