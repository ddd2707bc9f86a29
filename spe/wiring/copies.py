"""Copies of the database: made while others write, and gone on from, which the log tells of."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from spe.adapters.database.copying import Copied, has_checkpoint, load_copy, write_copy
from spe.adapters.database.engine import PLACE, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.where import place_of
from spe.audit.events.restoring import DatabaseCopied, LogRestored
from spe.clock import Clock, SystemClock
from spe.crypto.private_files import sync_folder
from spe.errors import Conflict, IntegrityFailure, Unreachable
from spe.settings import Settings
from spe.wiring.agreement import Memory, refuse_disagreement
from spe.wiring.home import Home
from spe.wiring.reconcile import log_by_operator

_NOWHERE = "a copy that was not compared yet"


def backup(settings: Settings, file: Path, clock: Clock | None = None) -> Copied:
    """Write a copy of the database to the new file `file`, for this account's eyes; an entry of it comes first."""
    if file.exists():
        raise Conflict(f"{file} is there already; a copy is never written over")
    engine = open_database(settings.database)
    size = DatabaseLog(engine).head().size
    engine.dispose()
    log_by_operator(settings, DatabaseCopied(size), clock or SystemClock())
    return _written(settings.database, file)


def restore(settings: Settings, file: Path, *, accept_loss: bool, clock: Clock | None = None) -> int:
    """Go on from a copy in an empty database; return the index of the entry that says so.

    `IntegrityFailure`: the copy is damaged, does not agree with its log, or lacks what was signed here since it was made
    (`accept_loss` goes on all the same). Nothing starts over a copy that did not get to the end of this.
    """
    memory = Memory(Home(settings.home).remembered)
    signed, note = memory.signed()
    if not has_checkpoint(file, signed, note) and signed and not accept_loss:
        raise IntegrityFailure(
            f"{signed} entries were signed here, and the copy doesn't have that checkpoint: --accept-loss goes on from"
            " it all the same, and the log says so for ever"
        )
    engine = open_database(settings.database)
    try:
        copied = load_copy(engine, file, {PLACE: _NOWHERE})
        refuse_disagreement(settings)
        log = DatabaseLog(engine)
        event = LogRestored(log.head().size, signed, copied.sha256)
        memory.note(log)
        index = log_by_operator(settings, event, clock or SystemClock())
        log.set_mark(PLACE, place_of(engine))
        return index
    finally:
        engine.dispose()


def _written(url: str, file: Path) -> Copied:
    """Have the whole copy at `file`, durably, or nothing."""
    part = file.with_name(f".{secrets.token_hex(8)}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                copied = write_copy(url, out)
                out.flush()
                os.fsync(out.fileno())
            os.link(part, file)
        finally:
            part.unlink()
        sync_folder(file.parent)
    except FileExistsError:
        raise Conflict(f"{file} is there already; a copy is never written over") from None
    except OSError as cause:
        raise Unreachable(f"the copy can't be written: {cause.strerror}") from cause
    return copied
