"""What a full disk and a kill at a chosen step do, each in a process of its own: `python -m tests.attacks.fault_child WHAT FOLDER`.

A disk is full where a file may not grow past RLIMIT_FSIZE: the kernel then refuses writes in the middle, as it does when
there is no room. Prints what was seen as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import open_database
from spe.adapters.identities import KeyedIdentities
from spe.adapters.objects import SealedFolder
from spe.adapters.subject_keys import SubjectKeyStore
from spe.audit.change import Call, Change, Entry, Fact
from spe.audit.events import SubjectRef
from spe.audit.events.consent import DirectivesRecorded
from spe.crypto.key_files import KeyFiles
from spe.crypto.vault import whole as whole_object
from spe.errors import SpeError
from tests.attacks.kill_check import head_fits, read_database
from tests.attacks.kill_child import Fuse, whole
from tests.builders import application, patients
from tests.cast import Cast
from tests.unit.adapters.database.place import AT, WHO, Plain, change, entry, installed, ledger
from tests.world import Refused

MASTER = bytes(range(32))


@contextmanager
def full(room: int) -> Iterator[None]:
    """Let no file grow past `room` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def told(act: Callable[[], object]) -> str:
    """Return the class of what `act` raises, or ""."""
    try:
        act()
    except (SpeError, OSError) as error:
        return type(error).__name__
    return ""


def database(folder: Path) -> dict[str, Any]:
    """Commit until the journal's file is full, and go on once there is room again."""
    with installed(folder) as here:
        here.committer.commit(change(ledger("first")))
        taken, answer = 0, ""
        with full((folder / "spe.db-wal").stat().st_size + 100_000):
            while not answer:
                answer = told(
                    lambda: here.committer.commit(change(ledger(f"h-{taken}"), facts=(Fact("k", "a"),)))
                )
                taken += not answer
            again = [told(lambda: here.committer.commit(change())) for _ in range(3)]
            seen = {
                "head": here.log.head().size,
                "facts": len(here.log.outbox(10_000)),
                "read": here.ledger("first"),
            }
        return {
            "answer": answer,
            "again": again,
            "taken": taken,
            "refused_is_there": here.ledger(f"h-{taken}") is not None,
            **seen,
            "later": told(lambda: here.committer.commit(change(ledger(f"h-{taken}")))),
            "head_fits": head_fits(here.log),
        }


def vault(folder: Path) -> dict[str, Any]:
    """Seal an object that does not fit, beside one that is there."""
    keys = KeyFiles(folder / "keys", MASTER)
    keys.create("s")
    store = SealedFolder(folder / "objects", keys)
    store.put("a", "s", (b"old",))
    with full(100_000):
        answer = told(lambda: store.put("b", "s", (b"x" * 50_000 for _ in range(10))))
    left = len(list((folder / "objects").iterdir()))
    before = whole_object(store, "a", "s").decode()
    store.put("b", "s", (b"new",))
    return {"answer": answer, "left": left, "before": before, "later": whole_object(store, "b", "s").decode()}


def keys(folder: Path) -> dict[str, Any]:
    """Make a data key where nothing can be written."""
    store = KeyFiles(folder / "keys", MASTER)
    with full(0):
        answer = told(lambda: store.create("s"))
    left = [path.name for path in (folder / "keys").iterdir()]
    return {"answer": answer, "left": left, "exists": store.exists("s"), "later": len(store.create("s"))}


def subjects(folder: Path) -> dict[str, Any]:
    """Commit an entry about a subject whose key can't be made."""
    store = SubjectKeyStore(folder / "keys.db", MASTER)
    store.key_for("known")
    with installed(folder) as here:
        committer = DatabaseCommitter(here.engine, KeyedIdentities(MASTER, store))

        def about(subject: str) -> Change:
            event = DirectivesRecorded("h", 1, ("consent",), (SubjectRef(subject),))
            return Change(entries=(Entry(WHO, event, AT),), puts=(ledger(subject),))

        with full(0):
            answers = [told(lambda one=one: committer.commit(about(one))) for one in ("new", "known")]  # type: ignore[misc]
        seen = {"answers": answers, "head": here.log.head().size, "new": here.ledger("new")}
        later = told(lambda: committer.commit(about("new")))
        committer.close()
    store.close()
    return {**seen, "later": later}


def api(folder: Path) -> dict[str, Any]:
    """Ask the API for something while the disk is full."""

    def answer(act: Callable[[], object]) -> int:
        try:
            act()
        except Refused as refused:
            return refused.status
        return 200

    with whole(folder / "home") as world:
        cast = Cast(world)
        cast.given_data(patients())
        submit = lambda: cast.researcher.submits(application(patients()))  # noqa: E731
        fits, size = answer(submit), read_database(open_database(world.settings.database))
        with full(0):
            refused, live = answer(submit), world.http.get("/healthz").status_code
            ticked = [world.worker.tick() for _ in range(2)]
        now = read_database(open_database(world.settings.database))
        return {
            "before": fits,
            "full": refused,
            "live": live,
            "ticked": any(ticked),
            "same": (now.entries, now.records) == (size.entries, size.records),
            "later": answer(submit),
        }


def steps(folder: Path) -> dict[str, Any]:
    """Kill a process at each step of one commit in turn; `halves` are the steps after which half of it was there."""
    with installed(folder) as here:
        here.committer.commit(change(ledger("old"), facts=(Fact("k", "a"),)))
        fact = here.log.outbox()[0].id
        here.committer.commit(change())
    absent: list[int] = []
    halves: list[int] = []
    step = 0
    while True:
        step += 1
        pid = os.fork()
        if pid == 0:
            _commit_and_die(folder, fact, step)
        status = os.waitpid(pid, 0)[1]
        found = read_database(open_database(f"sqlite:///{folder}/spe.db"))
        is_whole = (len(found.entries), len(found.records), len(found.facts), len(found.answers)) == (
            4,
            2,
            2,
            1,
        )
        is_whole = is_whole and found.facts[fact] and found.records["ledger", "old"][0] == 2
        is_absent = (len(found.entries), len(found.records), len(found.facts), len(found.answers)) == (
            2,
            1,
            1,
            0,
        )
        is_absent = is_absent and not found.facts[fact] and found.records["ledger", "old"][0] == 1
        if is_absent:
            absent.append(step)
        elif not is_whole:
            halves.append(step)
        if is_whole or not os.WIFSIGNALED(status):
            return {"absent": len(absent), "halves": halves, "whole": is_whole, "signal": os.WTERMSIG(status)}


def _commit_and_die(folder: Path, fact: str, step: int) -> None:
    engine = open_database(f"sqlite:///{folder}/spe.db")
    Fuse(step).light()
    committer = DatabaseCommitter(engine, Plain())
    committer.commit(
        Change(
            entries=(entry(), entry()),
            puts=(ledger("old", 1), ledger("new")),
            facts=(Fact("k", "b"),),
            handled=(fact,),
            call=Call("k" * 64, "d" * 64),
        )
    )
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    scenario = {
        "database": database,
        "vault": vault,
        "keys": keys,
        "subjects": subjects,
        "api": api,
        "steps": steps,
    }
    print(json.dumps(scenario[sys.argv[1]](Path(sys.argv[2]))))
