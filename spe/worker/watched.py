"""The log with the witnesses that the settings name: asked before anything is signed, by whatever signs."""

from __future__ import annotations

from collections.abc import Callable

from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.merkle import EMPTY_ROOT
from spe.crypto.signing import SigningKey
from spe.wiring.witnesses import Witnesses
from spe.worker.cosigning import Contradicted, Cosigner, Cosigning, Log

_PATIENCE = 15.0


def watched(
    log: Log,
    key: SigningKey,
    witnesses: Witnesses,
    alarm: Callable[[Contradicted], None] = lambda _contradicted: None,
) -> Cosigning:
    """Return what has `log` cosigned by its witnesses; a log without a checkpoint shows them that it has no entry."""
    empty = sign_checkpoint(Checkpoint(key.public.name, 0, EMPTY_ROOT), key)
    return Cosigning(tuple(Cosigner(log, one, empty) for one in witnesses.clients()), alarm)


def hold_to_witnesses(cosigning: Cosigning, witnesses: Witnesses) -> None:
    """Hold the database to what its witnesses saw; fails as `Cosigning.check` does, after fifteen seconds at most."""
    cosigning.check(witnesses.needed_to_start, _PATIENCE)
