"""Each system call of the log's write path fails once.

`python -m tests.attacks.syscall_child SCENARIO FOLDER STRIDE [CALL]...`

Each case starts from the same installation, meets one fault, dies, and what it left is opened and held to what it had
answered. Prints what was found as JSON. A stride of 7 takes every seventh case; only the calls that are named fail.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from spe.audit.change import Entry, Fact
from spe.audit.checkpoint import open_checkpoint
from spe.audit.events.request import RequestWithdrawn
from spe.audit.merkle import CompactRange
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import SpeError
from spe.wiring.home import Home
from spe.worker.checkpoints import CheckpointSigner
from tests.attacks.kill_check import head_fits
from tests.attacks.syscall_faults import Fault, Telling, Told, alone, run
from tests.unit.adapters.database.place import AT, WHO, Installed, change, installed, ledger

KEY = SigningKey(StatementKind.CHECKPOINT, "test.example/log", bytes(range(32)))
ERRORS = ("EIO", "ENOSPC", "EINTR")
ORIGIN = "test.example/log"
_COMMITS = 3
_BEGUN = 254
_SYNCS = {"fsync", "fdatasync"}
_UNDONE = {"Unreachable", "ReadOnly", "_FailedSyncError"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done under the fault, on which files faults fall (none: on all), and from what it starts."""

    act: Callable[[Path, Telling], None]
    begin: Callable[[Path], None]
    only_database: bool = True


def begun(folder: Path) -> None:
    """Make an installation with a little in it: 254 entries, so that the commits fill a tile."""
    folder.mkdir()
    with installed(folder) as here:
        here.committer.commit(change(ledger("old"), entries=(named("first"),) * _BEGUN))
        signer = CheckpointSigner(here.log, KEY)
        signer.begin()
        signer.sign()


def named(id_: str) -> Entry:
    return Entry(WHO, RequestWithdrawn(id_), AT)


def commits(folder: Path, tell: Telling) -> None:
    """Commit a few times, whatever happens, and read."""
    with installed(folder, patience=30.0) as here:
        for number in range(_COMMITS):
            _commit(here, tell, number)
        tell(head=here.log.head().size)
        os._exit(0)


def checkpoints(folder: Path, tell: Telling) -> None:
    """Commit and sign a few times, whatever happens."""
    with installed(folder, patience=30.0) as here:
        signer = CheckpointSigner(here.log, KEY)
        signer.begin()
        for number in range(_COMMITS):
            _commit(here, tell, number)
            try:
                tell(signed=signer.sign())
            except SpeError as error:
                tell(unsigned=type(error).__name__)
        os._exit(0)


def large(folder: Path, tell: Telling) -> None:
    """Commit more than SQLite keeps in memory, so that it writes and syncs before the commit; then commit again."""
    with installed(folder, patience=30.0) as here:
        _commit(here, tell, 0, facts=(Fact("k", "new-0", {"text": "x" * 4_000_000}),))
        _commit(here, tell, 1)
        tell(head=here.log.head().size)
        os._exit(0)


def creates(folder: Path, tell: Telling) -> None:
    """Make an installation where there is none, and commit."""
    home = Home(folder / "home")
    with home.alone():
        home.make(ORIGIN)
    with installed(folder, patience=30.0) as here:
        for number in range(_COMMITS):
            _commit(here, tell, number)


def _commit(here: Installed, tell: Telling, number: int, **more: Any) -> None:
    name = f"new-{number}"
    wanted = change(ledger(name), **{"entries": (named(name),), "facts": (Fact("k", name),), **more})
    try:
        tell(number=number, index=here.committer.commit(wanted))
    except SpeError as error:
        tell(number=number, refused=type(error).__name__)


def checked(folder: Path, told: list[dict[str, Any]], tell: Telling) -> None:
    """Open what was left, and tell everything about it that is not as it must be."""
    with installed(folder, patience=30.0) as here:
        with here.engine.connect() as connection:
            whole = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        for wrong in (*([] if whole == "ok" else [whole]), *_wrong(here, told), *_signed_wrongly(here, told)):
            tell(wrong=wrong)
        size = here.log.head().size
        if here.committer.commit(change(ledger("later"))) != size:
            tell(wrong="the next commit is not at the end")


def _wrong(here: Installed, told: list[dict[str, Any]]) -> Iterator[str]:
    if not head_fits(here.log):
        yield "the head is not that of the entries"
    entries = [json.loads(raw)["data"]["request"] for _, raw in here.log.entries()]
    facts = {fact.about for fact in here.log.outbox(1000)}
    latched = False
    for number in range(_COMMITS):
        name = f"new-{number}"
        there = {name in entries, here.ledger(name) is not None, name in facts}
        if len(there) == 2 or entries.count(name) > 1:
            yield f"half of {name}"
        line = next((one for one in told if one.get("number") == number), {})
        if "index" in line and (latched or entries[line["index"] : line["index"] + 1] != [name]):
            yield f"{name} was answered with {line['index']}, latched {latched}"
        if line.get("refused") in _UNDONE and True in there:
            yield f"{name} was refused with {line['refused']} and is there"
        latched = latched or line.get("refused") in {"NotKnownYet", "ReadOnly"}


def _signed_wrongly(here: Installed, told: list[dict[str, Any]]) -> Iterator[str]:
    stored, tree, roots = here.log.checkpoints(), CompactRange(), {}
    for index, raw in here.log.entries():
        tree = tree.append_entry(raw)
        roots[index + 1] = tree.root()
    for size, note in stored.items():
        signed = open_checkpoint(note, KEY.public)
        if (signed.size, signed.root) != (size, roots.get(size)):
            yield f"the checkpoint {size} is not of these entries"
    yield from (
        f"the checkpoint {one['signed']} is lost"
        for one in told
        if one.get("signed", _BEGUN) not in stored | {0: ""} and stored
    )
    signer = CheckpointSigner(here.log, KEY)
    signer.begin()
    if signer.sign() != tree.size:
        yield "the log can't be signed any more"


SCENARIOS = {
    "commit": Scenario(commits, begun),
    "checkpoint": Scenario(checkpoints, begun),
    "large": Scenario(large, begun),
    "create": Scenario(creates, lambda folder: folder.mkdir(), only_database=False),
}


def cases(
    scenario: Scenario, folder: Path, stride: int, calls: frozenset[str]
) -> Iterator[tuple[Fault, Told, list[str]]]:
    """Yield every fault with what the process told and what was wrong afterwards."""
    begin = folder / "begin"
    scenario.begin(begin)
    usual = _met(scenario, folder, None, begin)[0]
    faults = [
        Fault(call, error, at + 1)
        for call in sorted(calls & usual.counts.keys() if calls else usual.counts)
        for at in range(usual.counts[call])
        for error in ERRORS
    ]
    for fault in faults[::stride]:
        yield fault, *_met(scenario, folder, fault, begin)


def _met(scenario: Scenario, folder: Path, fault: Fault | None, begin: Path) -> tuple[Told, list[str]]:
    place = folder / "place"
    shutil.copytree(begin, place)
    files = tuple(place / name for name in ("spe.db", "spe.db-wal", "spe.db-shm", "spe.db-journal"))
    watched = (place, *files) if scenario.only_database else ()
    options = [fault.option()] if fault else []
    told = run(partial(scenario.act, place), folder / "trace", options, watched)
    after = alone(partial(checked, place, told.lines))
    shutil.rmtree(place)
    wrong = [str(line.get("wrong", line)) for line in after.lines]
    if fault and scenario.only_database and _failed_sync(fault, told, place) and not _refused_since(told):
        wrong.append("a sync failed and nobody was refused from then on")
    return told, wrong


def _failed_sync(fault: Fault, told: Told, place: Path) -> bool:
    """Say whether a sync failed that something rested on.

    Python itself tries again after EINTR, and SQLite's sync of the folder comes after ours.
    """
    ours = any(f"<{place}>" in line and "fsync(" in line and line.endswith("= 0") for line in told.trace)
    of_folder = any(f"<{place}>" in line for line in told.trace if "(INJECTED" in line)
    retried = (fault.call, fault.error) == ("fsync", "EINTR")
    return fault.call in _SYNCS and not retried and not (fault.call == "fdatasync" and of_folder and ours)


def _refused_since(told: Told) -> bool:
    """Say whether some act was refused, and nothing new was answered for after it."""
    acts = [line for line in told.lines if "head" not in line]
    refused = [at for at, line in enumerate(acts) if not line.keys() & {"index", "signed"}]
    if not refused:
        return False
    before, after = acts[: refused[0]], acts[refused[0] :]
    signed = max((line.get("signed", 0) for line in before), default=0)
    return not any("index" in line or line.get("signed", 0) > max(signed, _BEGUN) for line in after)


def main(name: str, folder: Path, stride: int, calls: frozenset[str]) -> None:
    """Meet the faults and print what was found."""
    wrong, met, unmet, refusals = [], 0, [], 0
    for fault, told, found in cases(SCENARIOS[name], folder, stride, calls):
        met += 1
        unmet += [fault.option()] if not told.injected else []
        refusals += any("refused" in line or "ended" in line for line in told.lines)
        wrong += [[fault.option(), *found, told.lines]] if found else []
    print(json.dumps({"cases": met, "unmet": unmet, "refusals": refusals, "wrong": wrong}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), frozenset(sys.argv[4:]))
