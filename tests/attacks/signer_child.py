"""Two processes that both want to sign the log's checkpoints, raced again and again."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from spe.adapters.database.engine import open_database
from spe.adapters.database.log import DatabaseLog
from spe.audit.checkpoint import open_checkpoint
from spe.audit.cover import Fenced
from spe.audit.merkle import CompactRange
from spe.errors import Unreachable
from spe.worker.checkpoints import CheckpointSigner, Fence
from tests.attacks.test_log_forged_rows import KEY
from tests.unit.adapters.database.place import Installed, change, entry, installed

_HELD: list[Fence] = []


def main(folder: Path, races: int) -> None:
    """Race two signers that often, every other time behind one fence (else as on two machines); print what happened."""
    folder.mkdir()
    with installed(folder) as here:
        url = str(here.engine.url)
        here.engine.dispose()
        tally: Counter[str] = Counter()
        for race in range(races):
            fence = folder / "worker.lock" if race % 2 else None
            here.committer.commit(change(entries=tuple(entry(f"r-{race}") for _ in range(3))))
            here.engine.dispose()
            told = _raced(url, fence)
            tally.update(one["told"] for one in told)
            tally["fenced races"] += fence is not None
            tally["both refused"] += all("refused" in one["told"] for one in told)
            tally["second signed behind a fence"] += (
                fence is not None and [one["told"] for one in told].count("signed") != 1
            )
        print(json.dumps({**tally, **_state(here)}))


def _raced(url: str, fence: Path | None) -> list[dict[str, Any]]:
    go, start = os.pipe()
    done, end = os.pipe()
    children = [_child(url, fence, go, done, (start, end)) for _ in range(2)]
    os.close(go)
    os.close(done)
    os.close(start)
    told = [json.loads(os.read(reader, 4096)) for _, reader in children]
    # Whoever has the fence keeps it until both have tried.
    os.close(end)
    for pid, reader in children:
        os.close(reader)
        assert os.waitpid(pid, 0)[1] == 0
    return told


def _child(url: str, fence: Path | None, go: int, done: int, mine: tuple[int, int]) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    with suppress(BaseException):
        for handle in mine:
            os.close(handle)
        engine = open_database(url)
        signer = CheckpointSigner(DatabaseLog(engine), KEY)
        os.read(go, 1)
        os.write(writer, json.dumps({"told": _signs(signer, fence)}).encode())
        os.read(done, 1)
        os._exit(0)
    os._exit(1)


def _signs(signer: CheckpointSigner, fence: Path | None) -> str:
    """Do what a worker does, and say how it ended."""
    try:
        if fence is not None:
            _HELD.append(Fence(fence))
        signer.begin()
        time.sleep(0.002 * (os.getpid() % 3))
        signer.sign()
    except Fenced:
        return "refused: fenced off"
    except Unreachable:
        return "refused: no fence"
    return "signed"


def _state(here: Installed) -> dict[str, int]:
    """Return how many checkpoints there are, and how many of them are forks or of something else than the log."""
    tree, roots = CompactRange(), {}
    for index, raw in here.log.entries():
        tree = tree.append_entry(raw)
        roots[index + 1] = tree.root()
    notes = here.log.checkpoints()
    signed = {size: open_checkpoint(note, KEY.public) for size, note in notes.items()}
    forks = sum(one.size != size or one.root != roots.get(size) for size, one in signed.items())
    return {"checkpoints": len(notes), "forks": forks}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
