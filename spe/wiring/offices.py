"""The worker's offices, in the order in which a thing moves through them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from spe.adapters.sandbox.bubblewrap import BubblewrapSandbox
from spe.audit.receipts import Holder
from spe.code.office import ApprovalOffice
from spe.cohort.office import CohortOffice
from spe.crypto.signing import SigningKey, StatementKind
from spe.output.background import Background
from spe.output.check import CheckOffice
from spe.output.collect import CollectOffice
from spe.output.support_of import Supports
from spe.permit.office import PermitOffice
from spe.policy.trail import use_case
from spe.release.making import Making
from spe.release.office import ReleaseOffice
from spe.run.active import Active
from spe.run.admission import Admission
from spe.run.ending import Ending
from spe.run.job import Jobs
from spe.run.office import RunOffice
from spe.subject.office import ErasureOffice
from spe.wiring.installation import Installation
from spe.workspace.office import EndingOffice, WorkspaceOffice


@dataclass(frozen=True, slots=True)
class Offices:
    """All of them, and the holders that hear of facts, those that stop things first. `close` ends every sandbox."""

    permits: PermitOffice
    approvals: ApprovalOffice
    cohorts: CohortOffice
    workspaces: WorkspaceOffice
    runs: RunOffice
    collect: CollectOffice
    checks: CheckOffice
    releases: ReleaseOffice
    endings: EndingOffice
    erasures: ErasureOffice
    close: Callable[[], None]

    def holders(self) -> tuple[Holder, ...]:
        """Return who hears of facts: runs end first, cohorts forget last, because the others ask them."""
        return (self.runs, self.workspaces, self.releases, self.checks, self.cohorts)


class DecidingPool(ThreadPoolExecutor):
    """Threads in which each piece of work is a use case of its own."""

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Begin `fn` in one of the threads."""

        def decided() -> Any:
            with use_case():
                return fn(*given, **named)

        return super().submit(decided)


def admission(installation: Installation) -> Admission:
    """Return the admission rules of runs; they need the approvals' public key only."""
    here = installation
    approvals = here.home.signing.public(StatementKind.APPROVAL)
    return Admission(here.pep, here.vault, approvals, here.grounds.runtime.digest, here.grounds.sandbox)


def open_offices(installation: Installation) -> Offices:
    """Return the offices with the signing keys that only the worker has."""
    here, grounds = installation, installation.grounds
    digest, profile = grounds.runtime.digest, grounds.sandbox
    sandbox = BubblewrapSandbox(grounds.path)
    sandbox.probe()
    pool = DecidingPool(here.settings.workers, thread_name_prefix="run")
    active = Active(here.settings.workers)
    cohorts = CohortOffice(here.pep, here.vault, here.keys, here.log, here.subjects)
    checking = DecidingPool(1, thread_name_prefix="check")
    background = Background(checking)
    supports = Supports(here.pep, here.vault, sandbox, digest, grounds.limits, background.stopping)
    runs = RunOffice(
        pep=here.pep,
        admission=admission(here),
        jobs=Jobs(here.pep, here.vault, digest, profile, grounds.limits),
        sandbox=sandbox,
        ending=Ending(
            here.pep, here.vault, here.keys, _key(here, StatementKind.RUN), here.settings.round_seconds
        ),
        members=cohorts,
        active=active,
        pool=pool,
    )

    making = Making(
        pep=here.pep,
        vault=here.vault,
        keys=here.keys,
        supports=supports,
        key=_key(here, StatementKind.RELEASE),
        approvals=here.home.signing.public(StatementKind.APPROVAL),
        runtime=digest,
        sandbox=profile,
        cover=here.cover,
    )

    def close() -> None:
        for id_ in active.ids():
            active.stop(id_)
        background.stopping.set()
        pool.shutdown()
        checking.shutdown()
        sandbox.close()

    return Offices(
        permits=PermitOffice(here.pep, _key(here, StatementKind.PERMIT), here.settings.demo, here.cover),
        approvals=ApprovalOffice(here.pep, _key(here, StatementKind.APPROVAL)),
        cohorts=cohorts,
        workspaces=WorkspaceOffice(here.pep, runs),
        runs=runs,
        collect=CollectOffice(here.pep),
        checks=CheckOffice(here.pep, here.vault, supports, cohorts, background),
        releases=ReleaseOffice(here.pep, making, cohorts, here.log),
        endings=EndingOffice(here.pep, here.keys, runs),
        erasures=ErasureOffice(here.pep, here.subjects, here.log),
        close=close,
    )


def _key(installation: Installation, kind: StatementKind) -> SigningKey:
    return installation.home.signing.signer(kind)
