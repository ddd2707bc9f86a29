"""The worker process: `spe worker`."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event as Flag
from typing import Protocol, cast

from spe.audit.change import Change, Entry
from spe.audit.events.process import WitnessContradicted
from spe.clock import Clock
from spe.crypto.signing import StatementKind
from spe.identity.model import WORKER
from spe.wiring.agreement import remembering
from spe.wiring.home import Home
from spe.wiring.installation import CoveredLog, Installation, open_installation, waiting_cover
from spe.wiring.offices import Offices, open_offices
from spe.wiring.process import Settings
from spe.wiring.witnesses import read_witnesses
from spe.worker.checkpoints import CheckpointSigner, Fence, Log, Signing, SigningCover
from spe.worker.cosigning import Contradicted
from spe.worker.loop import Worker
from spe.worker.reactions import Reactions
from spe.worker.watched import hold_to_witnesses, watched


class _WholeLog(Log, CoveredLog, Protocol):
    """The log as the one sees it who signs and waits for witnesses."""


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
    with ExitStack() as closing:
        installation = open_installation(settings, clock, covering=_signing_cover)
        closing.callback(installation.close)
        fence = Fence(installation.home.fence)
        closing.callback(fence.release)
        holding = installation.writer.work_alone()
        closing.callback(holding.release)
        cover = cast(SigningCover, installation.cover)
        witnesses = read_witnesses(settings)
        cosigning = watched(installation.log, cover.signing.signer.key, witnesses, _alarm(installation))
        closing.callback(cosigning.close)
        hold_to_witnesses(cosigning, witnesses)
        cover.signing.signed = _both(remembering(settings, installation.log), cosigning.wake)
        cover.signing.start()
        closing.callback(cover.signing.close)
        cosigning.start()
        offices = open_offices(installation)
        closing.callback(offices.close)
        yield put_together(installation, offices, cover.signing, holding.check)


def _signing_cover(settings: Settings, log: _WholeLog) -> SigningCover:
    key = Home(settings.home).signing.signer(StatementKind.CHECKPOINT)
    return SigningCover(Signing(CheckpointSigner(log, key)), waiting_cover(settings, log))


def _both(first: Callable[[int], None], then: Callable[[int], None]) -> Callable[[int], None]:
    def hear(size: int) -> None:
        first(size)
        then(size)

    return hear


def _alarm(installation: Installation) -> Callable[[Contradicted], None]:
    """Return what makes it an entry that a witness contradicts the log."""

    def alarm(found: Contradicted) -> None:
        event = WitnessContradicted(found.witness, found.size, found.seen)
        entry = Entry(WORKER.who(), event, installation.presence.clock.now())
        installation.writer.commit(Change(entries=(entry,)))

    return alarm


def put_together(
    installation: Installation, offices: Offices, at_work: Signing, check: Callable[[], None]
) -> Worker:
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
        offices.erasures,
    )
    return Worker(in_order, (offices.runs,), at_work, check=check)
