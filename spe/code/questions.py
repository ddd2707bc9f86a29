"""What policy is asked about code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.code.model import Code
from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.permit.model import DataPermit
from spe.permit.questions import PermitFacts, facts
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class CodeRegister(Question):
    """May the caller register code under this permit, using these fields?"""

    gate: ClassVar[str] = "code.register"
    caller: Caller
    now: int
    permit: PermitFacts
    fields: tuple[str, ...]
    granted: tuple[str, ...]
    outputs: int
    recomputable: bool


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """An approval that is already there."""

    by: str
    organisation: str


@dataclass(frozen=True, slots=True)
class CodeApprove(Question):
    """May the caller approve or reject this code, and is it agreed then (`settled`)? `same` : the digest they saw."""

    gate: ClassVar[str] = "code.approve"
    caller: Caller
    now: int
    command: str
    permit: PermitFacts
    by: str
    approvals: tuple[GivenApproval, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class CodeSeal(Question):
    """May the worker sign this code's manifest? `same`: the manifest still has the digest that was approved."""

    gate: ClassVar[str] = "code.seal"
    caller: Caller
    now: int
    permit: PermitFacts
    by: str
    approvals: tuple[GivenApproval, ...]
    same: bool


def register(
    person: Person, permit: DataPermit, fields: tuple[str, ...], outputs: int, now: int, *, recomputable: bool
) -> CodeRegister:
    """Ask whether code that reads `fields` and declares `outputs` may be registered under `permit`."""
    shared = [set(grant.fields) for grant in permit.grants]
    granted = tuple(sorted(set.intersection(*shared))) if shared else ()
    return CodeRegister(caller(person), now, facts(permit), fields, granted, outputs, recomputable)


def approve(person: Person, command: str, code: Code, permit: DataPermit, seen: str, now: int) -> CodeApprove:
    """Ask whether `person` may approve (or reject) the manifest whose digest they saw is `seen`."""
    given = tuple(GivenApproval(str(approval.by), approval.organisation) for approval in code.approvals)
    return CodeApprove(
        caller(person), now, command, facts(permit), str(code.by), given, same=seen == code.digest
    )


def seal(person: Person, code: Code, permit: DataPermit, digest: str, now: int) -> CodeSeal:
    """Ask whether `code`, whose manifest has `digest` now, may be signed; only approvals of that digest are told."""
    given = tuple(
        GivenApproval(str(approval.by), approval.organisation)
        for approval in code.approvals
        if approval.digest == digest
    )
    return CodeSeal(caller(person), now, facts(permit), str(code.by), given, same=digest == code.digest)
