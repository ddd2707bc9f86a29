"""A sync fails, the process dies, another one goes on, power fails: `python -m tests.attacks.power_child FOLDER`.

The disk then has forgotten what was never synced, though the system had shown it. Prints what is left as JSON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from functools import partial
from pathlib import Path

from spe.errors import SpeError
from tests.attacks.syscall_faults import Fault, Telling, run
from tests.unit.adapters.database.place import change, installed, ledger

_WRITTEN = re.compile(r"pwrite64\(\d+<[^>]*-wal>, .*, (\d+), (\d+)\) += (\d+)$")
_COMMITS = 4


def fails(folder: Path, journal: Path, tell: Telling) -> None:
    """Commit until the sync of one fails, and die; another connection keeps SQLite from tidying up before."""
    with installed(folder, patience=30.0) as here, here.engine.connect() as other:
        other.exec_driver_sql("SELECT count(*) FROM log_entry").one()
        for number in range(_COMMITS):
            tell(synced=journal.stat().st_size)
            try:
                here.committer.commit(change(ledger(f"h-{number}")))
            except SpeError as error:
                tell(refused=type(error).__name__, number=number)
                break
        os._exit(0)


def goes_on(folder: Path, tell: Telling) -> None:
    """Commit once, and die."""
    with installed(folder, patience=30.0) as here:
        tell(shown=here.log.head().size)
        tell(answered=here.committer.commit(change(ledger("later"))))
        os._exit(0)


def main(folder: Path) -> None:
    """Do all that and look at what is left."""
    with installed(folder):
        pass
    journal, after = folder / "spe.db-wal", folder / "after"
    failing = Fault("fdatasync", "EIO", _COMMITS).option()
    first = run(partial(fails, folder, journal), folder / "trace", [failing], (journal,))
    never_synced = range(first.lines[-2]["synced"], journal.stat().st_size)
    second = run(partial(goes_on, folder), folder / "trace", [], (journal,))
    left = bytearray(journal.read_bytes())
    for at in set(never_synced) - _synced(second.trace):
        left[at] = 0
    after.mkdir()
    (after / "spe.db-wal").write_bytes(left)
    shutil.copy(folder / "spe.db", after)
    with installed(after) as here:
        seen = {"later": here.ledger("later"), "size": here.log.head().size}
    print(
        json.dumps(
            {"first": first.lines[-1], "never_synced": len(never_synced), "second": second.lines, **seen}
        )
    )


def _synced(trace: list[str]) -> set[int]:
    """Return the places of the journal that were written and then synced."""
    waiting: set[int] = set()
    synced: set[int] = set()
    for line in trace:
        if (found := _WRITTEN.search(line)) is not None:
            waiting |= set(range(int(found[2]), int(found[2]) + int(found[3])))
        elif "sync(" in line and line.endswith("= 0"):
            synced |= waiting
    return synced


if __name__ == "__main__":
    main(Path(sys.argv[1]))
