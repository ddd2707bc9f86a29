"""Whether a database is this installation's, as new as it was, and of one piece: looked at before anything starts over it.

The home remembers up to where the log was signed here; a database that ends before that was set back. A database that
lives elsewhere than it did was restored or moved: its log, ledger and workflow are compared, and must agree.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spe.adapters.database.engine import PLACE, Engine
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.where import place_of
from spe.errors import IntegrityFailure, Unreachable
from spe.settings import Settings
from spe.wiring.home import Home
from spe.wiring.reconcile import agreement


class Checkpoints(Protocol):
    """The log, as far as it was signed."""

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the newest checkpoint."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """The newest checkpoint that was signed here, in a file of the home."""

    path: Path

    def note(self, log: Checkpoints) -> None:
        """Remember the newest checkpoint, none where there is none."""
        self._write(*(log.latest_checkpoint() or (0, "")))

    def signed(self) -> tuple[int, str]:
        """Return the size that was signed last and its note; 0 where nothing was."""
        try:
            found = json.loads(self.path.read_text())
            return int(found["size"]), str(found["note"])
        except FileNotFoundError:
            return 0, ""
        except (OSError, ValueError, KeyError, TypeError) as cause:
            raise Unreachable("what the home remembers of the log can't be read") from cause

    def _write(self, size: int, note: str) -> None:
        # Not synced, and no failure is told: what is forgotten is remembered at the next signing.
        aside = self.path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            aside.touch(0o600)
            aside.write_text(json.dumps({"size": size, "note": note}))
            aside.replace(self.path)


def remembering(settings: Settings, log: Checkpoints) -> Callable[[int], None]:
    """Return what remembers in the home that the log was signed."""
    memory = Memory(Home(settings.home).remembered)
    return lambda _size: memory.note(log)


def hold_together(settings: Settings, home: Home, engine: Engine, log: DatabaseLog) -> None:
    """Raise `IntegrityFailure` where the database was set back, or was restored and doesn't agree with its log."""
    refuse_set_back(home, log)
    place = place_of(engine)
    if log.mark(PLACE) == place:
        return
    if log.head().size:
        refuse_disagreement(settings)
    log.set_mark(PLACE, place)


def refuse_set_back(home: Home, log: DatabaseLog) -> None:
    """Raise `IntegrityFailure` where the log does not have the checkpoint that was signed here last."""
    size, note = Memory(home.remembered).signed()
    if size and log.checkpoint(size) != note:
        raise IntegrityFailure(
            f"the log was signed up to {size} entries here, and the database doesn't have that checkpoint: it is an older"
            " copy, or another's; `spe db restore --accept-loss` is how to go on from a copy"
        )


def refuse_disagreement(settings: Settings) -> None:
    """Raise `IntegrityFailure` unless log, ledger and workflow agree."""
    found = agreement(settings).total("unmatched")
    if found:
        raise IntegrityFailure(
            f"the database was restored or moved, and {found} things in it don't agree with its log:"
            " `spe db check` names them"
        )
