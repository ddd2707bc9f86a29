"""A log with real witnesses in this process, which a test may silence, halt, or let lie."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.cosigned import Answer, Cosigned, Knows, Refused, WitnessQuorum
from spe.audit.merkle import EMPTY_ROOT
from spe.crypto.cosignature import CosigningKey, WitnessKey
from spe.errors import Unreachable
from spe.witness.folder import WitnessFolder
from spe.witness.judge import Status, Witness
from spe.worker.checkpoints import CheckpointSigner
from spe.worker.cosigning import Contradicted, Cosigner, Cosigning
from tests.unit.adapters.database.place import Installed, change, entry, installed
from tests.unit.witness.growing import KEY, request

EMPTY = sign_checkpoint(Checkpoint(KEY.public.name, 0, EMPTY_ROOT), KEY)


@dataclass
class Here:
    """A real witness in this process; `down` lets it answer nothing, `says` something else."""

    folder: Path
    name: str = "w1.example"
    asked: int = 0
    down: bool = False
    says: Callable[[str], Answer] | None = None
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.judge = Witness.of(self._made(), lambda: int(time.time()))

    def _made(self) -> WitnessFolder:
        made = WitnessFolder(self.folder)
        made.make(self.name, (KEY.public,))
        return made

    @property
    def key(self) -> WitnessKey:
        return self.judge.key.public

    @property
    def secret(self) -> CosigningKey:
        return self.judge.key

    def close(self) -> None:
        self.gate.set()

    def ask(self, old: int, proof: Sequence[bytes], note: str) -> Answer:
        self.asked += 1
        assert self.gate.wait(30)
        if self.down:
            raise Unreachable("down")
        if self.says is not None:
            return self.says(note)
        answer = self.judge.add(request(old, tuple(proof), note))
        if answer.is_size:
            return Knows(int(answer.text))
        if answer.status is not Status.COSIGNED:
            return Refused(int(answer.status))
        return Cosigned((answer.text.removesuffix("\n"),))


@dataclass
class Log:
    """An installation's log, its signer, and two witnesses."""

    here: Installed
    signer: CheckpointSigner
    witnesses: tuple[Here, ...]

    def grow(self, count: int = 1) -> int:
        self.here.committer.commit(change(entries=(entry(),) * count))
        return self.signer.sign()

    def cosigner(self, at: int = 0) -> Cosigner:
        return Cosigner(self.here.log, self.witnesses[at], EMPTY)

    def cosigning(self, alarm: Callable[[Contradicted], None] = lambda _: None) -> Cosigning:
        return Cosigning([self.cosigner(at) for at in range(len(self.witnesses))], alarm)

    def quorum(self, needed: int) -> WitnessQuorum:
        keys = tuple(one.key for one in self.witnesses)
        return WitnessQuorum(self.here.log, KEY.public, keys, needed)


@contextmanager
def opened(folder: Path, witnesses: tuple[Here, ...]) -> Iterator[Log]:
    folder.mkdir(exist_ok=True)
    with installed(folder) as here:
        signer = CheckpointSigner(here.log, KEY)
        signer.begin()
        yield Log(here, signer, witnesses)


@contextmanager
def two_witnesses(tmp_path: Path) -> Iterator[Log]:
    """Open a log with two witnesses."""
    witnesses = (Here(tmp_path / "w1"), Here(tmp_path / "w2", "w2.example"))
    with opened(tmp_path / "log", witnesses) as here:
        yield here


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
