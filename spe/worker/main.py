"""The worker process: `spe worker`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag

from spe.clock import Clock
from spe.crypto.signing import StatementKind
from spe.wiring.installation import Installation, open_installation
from spe.wiring.offices import Offices, open_offices
from spe.wiring.process import Settings
from spe.worker.checkpoints import CheckpointSigner, Fence
from spe.worker.loop import Worker
from spe.worker.reactions import Reactions


def main(settings: Settings) -> None:
    """Work until told to stop; a second worker of the same installation is refused."""
    stop = Flag()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opened(settings) as worker:
        worker.run(stop)


@contextmanager
def opened(settings: Settings, clock: Clock | None = None) -> Iterator[Worker]:
    """Open the installation as its worker, fenced, and close it at the end."""
    installation = open_installation(settings, clock)
    try:
        fence = Fence(installation.home.fence)
        try:
            offices = open_offices(installation)
            try:
                yield put_together(installation, offices)
            finally:
                offices.close()
        finally:
            fence.release()
    finally:
        installation.close()


def put_together(installation: Installation, offices: Offices) -> Worker:
    """Return the worker: facts are handed on first, so that what must stop stops before anything new starts."""
    signing = installation.home.signing
    reactions = Reactions(
        installation.pep, installation.log, offices.holders(), signing.signer(StatementKind.RECEIPT)
    )
    in_order = (
        reactions,
        offices.permits,
        offices.approvals,
        offices.cohorts,
        offices.workspaces,
        offices.runs,
        offices.collect,
        offices.checks,
        offices.releases,
        offices.endings,
    )
    signer = CheckpointSigner(installation.log, signing.signer(StatementKind.CHECKPOINT))
    return Worker(in_order, (offices.runs,), signer)
