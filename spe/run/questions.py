"""What policy is asked about runs."""

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
class RunStart(Question):
    """May this code run with these parameters? Asked when queued and asked again when it is admitted to a sandbox."""

    gate: ClassVar[str] = "run.start"
    caller: Caller
    now: int
    permit: PermitFacts
    site: str
    kind: str
    user: str
    code_status: str
    code_intact: bool
    parameters_valid: bool
    workspace: str
    cohort: str
    real_runs: int


@dataclass(frozen=True, slots=True)
class RunStop(Question):
    """May the caller stop this run?"""

    gate: ClassVar[str] = "run.stop"
    caller: Caller
    now: int
    permit: PermitFacts
    site: str


def start(
    person: Person,
    permit: DataPermit,
    code: Code,
    site: str,
    kind: str,
    user: str,
    now: int,
    *,
    intact: bool,
    valid: bool,
    workspace: str,
    cohort: str,
    real_runs: int,
) -> RunStart:
    """Ask whether `code` may run for `user`; `workspace` and `cohort` are statuses or "none"."""
    return RunStart(
        caller=caller(person),
        now=now,
        permit=facts(permit),
        site=site,
        kind=kind,
        user=user,
        code_status=code.status,
        code_intact=intact,
        parameters_valid=valid,
        workspace=workspace,
        cohort=cohort,
        real_runs=real_runs,
    )


def stop(person: Person, permit: DataPermit, site: str, now: int) -> RunStop:
    """Ask whether `person` may stop a run under `permit` at `site`."""
    return RunStop(caller(person), now, facts(permit), site)
