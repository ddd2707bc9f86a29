"""Changing the checkpoint key, on purpose and in the open: `spe audit rotate-key`.

The old key signs, in an entry and with the new one, that the new one follows; both sign the checkpoint that ends with that
entry; then the old secret is destroyed. Killed at any point, no process starts until it was called again, which finishes it.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass

from spe.audit.change import Change, Entry, Who
from spe.audit.checkpoint import open_checkpoint
from spe.audit.events import StaffRef
from spe.audit.handover import handed_over
from spe.clock import Clock, SystemClock
from spe.crypto.note import PublicKey
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import IntegrityFailure, Unreachable
from spe.wiring.keys import KEYS, settle_keys, written
from spe.wiring.logbook import Logbook, opened_logbook
from spe.wiring.process import Settings
from spe.wiring.witnesses import read_witnesses
from spe.worker.checkpoints import CheckpointSigner, Fence, Log
from spe.worker.watched import hold_to_witnesses, watched

_KIND = StatementKind.CHECKPOINT


@dataclass(frozen=True, slots=True)
class Rotated:
    """Both public keys as verifier keys, and the size of the checkpoint that both signed."""

    old: str
    new: str
    size: int


def rotate(settings: Settings, clock: Clock | None = None) -> Rotated:
    """Change the checkpoint key of the installation in `settings.home`.

    `Unreachable`: a worker runs, a key is missing, or too few witnesses answer. `IntegrityFailure`: the log is not what was
    signed, or not what a witness saw; then no key is changed, for the new one would cover that up.
    """
    with opened_logbook(settings) as book, ExitStack() as closing:
        closing.callback(Fence(book.home.fence).release)
        closing.callback(book.writer.work_alone().release)
        try:
            if book.log.head().size == 0:
                raise Unreachable("the log has not begun: there is nothing to hand over")
            following = book.home.signing.next_signer(_KIND)
            if following is None:
                settle_keys(book.home, book.log, book.origin)
            if following is None or _signed(book.log, following.public) is None:
                # Also where a change was begun: the database may have been set back since.
                _hold_to_witnesses(book, settings)
            return _rotated(book, clock or SystemClock())
        except OSError as cause:
            raise Unreachable(f"the key folder can't be written: {cause.strerror}; call it again") from cause


def _hold_to_witnesses(book: Logbook, settings: Settings) -> None:
    witnesses = read_witnesses(settings)
    cosigning = watched(book.log, book.home.signing.signer(_KIND), witnesses)
    try:
        hold_to_witnesses(cosigning, witnesses)
    finally:
        cosigning.close()


def _rotated(book: Logbook, clock: Clock) -> Rotated:
    keys, former = book.home.signing, book.home.signing.public(_KIND)
    following = keys.next_signer(_KIND)
    size = _signed(book.log, following.public) if following else None
    if following is None or size is None:
        following, size = _handed_over(book, clock)
    keys.publish_next(_KIND)
    book.log.set_mark(KEYS, written(keys.publics()))
    keys.promote(_KIND)
    return Rotated(former.text(), following.public.text(), size)


def _handed_over(book: Logbook, clock: Clock) -> tuple[SigningKey, int]:
    """Return the following key and the size of the checkpoint that it signed with the former one."""
    old = book.home.signing.signer(_KIND)
    signer = CheckpointSigner(book.log, old)
    signer.begin()
    signer.sign()
    new = book.home.signing.begin_next(_KIND)
    who = Who(StaffRef(f"account-{os.getuid()}"), "spe", "operator")
    entry = Entry(who, handed_over(old, new), clock.now())
    size = book.writer.commit(Change(entries=(entry,))) + 1
    signer.hand_over(new, size)
    return new, size


def _signed(log: Log, key: PublicKey) -> int | None:
    """Return the size of the newest checkpoint if `key` signed it."""
    latest = log.latest_checkpoint()
    if latest is None:
        return None
    try:
        return open_checkpoint(latest[1], key).size
    except IntegrityFailure:
        return None
