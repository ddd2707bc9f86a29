"""32 writers that append and are killed in the middle of it, again and again: `python -m tests.attacks.append_child FOLDER KILLS`.

Each life is a process that only appends. A writer's line goes out before each commit and after its answer; what was
written to a file before a SIGKILL stays.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spe.adapters.database.log import DatabaseLog
from spe.audit.change import Fact
from spe.audit.merkle import CompactRange
from tests.unit.adapters.database.place import change, entry, installed, ledger

WRITERS = 32
LIVES_IN_ONE_PLACE = 250
_LONGEST_LIFE = 0.06


def main(folder: Path, kills: int) -> None:
    """Kill that many lives, over a new database now and then, and print what became of what was answered."""
    tally: Counter[str] = Counter()
    for start in range(0, kills, LIVES_IN_ONE_PLACE):
        place = folder / f"place-{start}"
        place.mkdir(parents=True)
        with installed(place):
            pass
        check, dice = Check(), random.Random(start)
        for life in range(start, min(start + LIVES_IN_ONE_PLACE, kills)):
            journal = place / "journal"
            _live_and_die(place, journal, life, dice.uniform(0.0, _LONGEST_LIFE))
            tally.update(check.life(place, journal))
        tally.update(check.whole(place))
        shutil.rmtree(place)
    print(json.dumps({"kills": kills, **tally}))


def _live_and_die(place: Path, journal: Path, life: int, seconds: float) -> None:
    """Let a process append for so long after its writers began, then kill it."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _append(place, journal, life, writer)
    os.close(writer)
    assert os.read(reader, 1), "the process ended before it began"
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    os.close(reader)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL


def _append(place: Path, journal: Path, life: int, begun: int) -> None:
    """Append until killed."""
    handle = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
    with installed(place, patience=60.0) as here:

        def write(number: int) -> None:
            for at in range(10**9):
                name = f"{life}-{number}-{at}"
                os.write(handle, f"meant {name}\n".encode())
                index = here.committer.commit(
                    change(ledger(name), entries=(entry(name), entry(name)), facts=(Fact("k", name),))
                )
                os.write(handle, f"answered {name} {index}\n".encode())

        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        os.write(begun, b"1")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    os._exit(1)


@dataclass
class Check:
    """What is known of one database: how far it was looked at, and every answer that was ever given."""

    size: int = 0
    tree: CompactRange = field(default_factory=CompactRange)
    answers: dict[str, int] = field(default_factory=dict)

    def life(self, place: Path, journal: Path) -> Counter[str]:
        """Hold what one life meant and was answered to what is new in the log."""
        meant, answered = _read(journal)
        with _looking(place) as log:
            new = [json.loads(raw)["data"]["request"] for _, raw in log.entries(self.size)]
            for _, raw in log.entries(self.size):
                self.tree = self.tree.append_entry(raw)
            tally = Counter(head=log.head() != self.tree)
        places: dict[str, list[int]] = {}
        for at, name in enumerate(new, start=self.size):
            places.setdefault(name, []).append(at)
        for name, index in answered.items():
            tally["answered"] += 1
            tally["lost or moved"] += places.get(name) != [index - 1, index]
        for name, found in places.items():
            tally["halves"] += len(found) != 2 or found[1] != found[0] + 1
            tally["of nobody"] += name not in meant
            tally["written unanswered"] += name not in answered
        tally["absent"] += len(meant - places.keys())
        self.size += len(new)
        self.answers |= answered
        return tally

    def whole(self, place: Path) -> Counter[str]:
        """Look at all of a database once more: entries that were answered stayed where they were, each with its effect."""
        with _looking(place) as log:
            entries = [json.loads(raw)["data"]["request"] for _, raw in log.entries()]
            facts = {fact.about for fact in log.outbox(10**7)}
            with log._reading() as connection:
                ledgers = {row[0] for row in connection.exec_driver_sql("SELECT id FROM ledger")}
                whole = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        moved = sum(entries[index - 1 : index + 1] != [name, name] for name, index in self.answers.items())
        return Counter(
            {
                "lost or moved": moved,
                "halves": len(set(entries) ^ facts) + len(set(entries) ^ ledgers),
                "damaged": int(whole != "ok"),
            }
        )


def _read(journal: Path) -> tuple[set[str], dict[str, int]]:
    lines = [line.split(" ") for line in journal.read_text().split("\n")[:-1]]
    meant = {line[1] for line in lines if line[0] == "meant"}
    return meant, {line[1]: int(line[2]) for line in lines if line[0] == "answered"}


@contextmanager
def _looking(place: Path) -> Iterator[DatabaseLog]:
    """Open a database as the dead left it."""
    with installed(place) as here:
        yield here.log


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
