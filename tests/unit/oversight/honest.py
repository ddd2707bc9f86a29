"""A small installation whose processes work as the real ones do, with a made-up policy and no sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.records import DatabaseRecords
from spe.adapters.identities import KeyedIdentities
from spe.adapters.journal import Journal, new_process
from spe.adapters.objects import OPENINGS, SealedFolder
from spe.adapters.policy_journal import JournaledPoint
from spe.adapters.subject_keys import SubjectKeyStore
from spe.audit.change import Call, Change, Entry, Fact, Put
from spe.audit.events.record import BundleActivated, FactsHandedOn, LogOpened, RecordSeen
from spe.audit.opening import AuditedVault
from spe.consent.model import Directive, DirectiveKind, Ledger
from spe.crypto.key_files import KeyFiles
from spe.crypto.signing import StatementKind
from spe.errors import Conflict, NotNow, Reason, SpeError
from spe.identity.model import WORKER
from spe.oversight.reconcile_report import Report
from spe.policy.enforce import Effect, Enforcer, again
from spe.policy.model import Question
from spe.policy.trail import CarryingCommitter, use_case
from spe.settings import Settings
from spe.wiring.home import DECISIONS, Home
from spe.wiring.installation import Presence
from spe.wiring.reconcile import reconcile
from spe.worker.checkpoints import CheckpointSigner, Signing, SigningCover
from tests.fakes import BUNDLE, FakePoint, FixedClock

WHO = WORKER.who()
SCOPE = "permit/per-1"


@dataclass(frozen=True, slots=True)
class Starting(Question):
    gate: ClassVar[str] = "run.start"


@dataclass(frozen=True, slots=True)
class Looking(Question):
    gate: ClassVar[str] = "record.read"


class NoWitness:
    def cover(self, *, witnessed: bool = False) -> int:
        raise NotImplementedError


@dataclass
class Honest:
    """One process over the installation; `restart` ends it and begins another."""

    settings: Settings
    clock: FixedClock = field(default_factory=FixedClock)
    point: FakePoint = field(default_factory=FakePoint)
    close: Callable[[], None] = lambda: None
    _count: int = 0

    def start(self) -> None:
        home = Home(self.settings.home)
        home.make(self.settings.origin)
        self.home = home
        engine = open_database(self.settings.database)
        migrate(engine)
        self.log = DatabaseLog(engine)
        self.log.create()
        subjects = SubjectKeyStore(home.subject_keys, home.master("subjects"))
        self.committer = DatabaseCommitter(
            engine, KeyedIdentities(home.master("staff"), subjects), patience=20.0
        )
        if self.log.head().size == 0:
            self.log.set_mark("demo", "true")
            self.note(LogOpened(self.settings.origin, demo=True))
            self.note(BundleActivated(BUNDLE))
            self.log.set_mark("bundle", BUNDLE)
        process = new_process()
        decisions = Journal(home.journals, DECISIONS, process, self.clock)
        openings = Journal(home.journals, OPENINGS, process, self.clock)
        self.presence = Presence(WHO, self.clock, decisions, openings)
        self.committer.commit(self.presence.starts(home))
        signer = CheckpointSigner(self.log, home.signing.signer(StatementKind.CHECKPOINT))
        signer.begin()
        self.signing = Signing(signer)
        self.deciding = JournaledPoint(self.point, decisions)
        self.records = DatabaseRecords(engine)
        self.pep = Enforcer(self.records, self.deciding, CarryingCommitter(self.committer), self.clock)
        self.keys = KeyFiles(home.data_keys, home.master("data"))
        self.keys.create(SCOPE)
        self.sealed = SealedFolder(home.objects, self.keys, openings)
        cover = SigningCover(self.signing, NoWitness())
        self.vault = AuditedVault(self.sealed, self.committer, cover, self.clock, WHO, frozenset())

        def close() -> None:
            self.committer.commit(self.presence.stops())
            self.committer.close()
            engine.dispose()
            subjects.close()

        self.close = close

    def note(self, event: Any, **more: Any) -> int:
        return self.committer.commit(Change(entries=(Entry(WHO, event, self.clock.now(), **more),)))

    def new(self) -> str:
        self._count += 1
        return f"holder-{self._count}"

    def creates(self) -> None:
        """Allow, and commit a ledger with a directive beside it, and a fact."""
        id_ = self.new()
        directive = Directive(
            id=f"{id_}.d",
            holder=id_,
            subject="s",
            kind=DirectiveKind.CONSENT,
            purpose="e",
            effective=1,
            recorded=1,
            epoch=1,
        )
        effect = Effect(
            Ledger(id_, 1),
            RecordSeen("ledger", id_, "x"),
            also=(Put(directive, 0),),
            facts=(Fact("directive.recorded", id_), Fact("permit.revoked", id_)),
        )
        with use_case():
            self.pep.create(WHO, Starting(), lambda _: effect, id_)

    def alters(self) -> None:
        for stored in self.records.find(Ledger, limit=2):
            value = Ledger(stored.value.id, stored.value.epoch + 1)
            with use_case():
                self.pep.alter(
                    WHO,
                    Ledger,
                    value.id,
                    ask=lambda _: Starting(),
                    effect=lambda _, __, value=value: Effect(value, RecordSeen("ledger", value.id, "x")),  # type: ignore[misc]
                    see=lambda _: Looking(),
                )

    def is_denied(self) -> None:
        self.point.refusing = {"run.start": (Reason("role_missing"),)}
        with suppress(SpeError), use_case():
            self.pep.admit(WHO, Starting(), "run-1")
        self.point.refusing = {}

    def misses(self) -> None:
        with suppress(SpeError), use_case():
            self.pep.load(WHO, Ledger, "nobody")

    def races(self) -> None:
        tries: list[int] = []

        def act() -> None:
            verdict = self.pep.admit(WHO, Starting(), "run-1")
            tries.append(1)
            if len(tries) < 3:
                raise Conflict("changed")
            self.pep.note(WHO, RecordSeen("run", "run-1", "x"), verdict.bundle)

        with use_case():
            again(act)

    def fails(self) -> None:
        with suppress(SpeError), use_case():
            self.pep.admit(WHO, Starting(), "run-1")
            raise NotNow("it is over")

    def looks(self) -> None:
        with use_case():
            self.pep.reveal(WHO, Looking(), "run-1")
            self.pep.note(WHO, RecordSeen("run", "run-1", "x"))
            self.deciding.ask(Looking())

    def opens(self) -> None:
        name = self.new()
        self.vault.put(name, SCOPE, (b"plain",))
        assert b"".join(self.vault.open(name, SCOPE)) == b"plain"

    def announces(self) -> None:
        name = self.new()
        self.vault.put(name, SCOPE, (b"plain",))
        self.vault.open(name, SCOPE)

    def hands_on(self) -> None:
        facts = self.log.outbox()
        if facts:
            entry = Entry(WHO, FactsHandedOn(len(facts), 0), self.clock.now())
            self.committer.commit(Change(entries=(entry,), handled=tuple(fact.id for fact in facts)))

    def answers(self) -> None:
        id_ = self.new()
        call = Call(id_.ljust(64, "k"), "d" * 64)
        entry = Entry(WHO, RecordSeen("ledger", id_, "x"), self.clock.now())
        self.committer.commit(Change(entries=(entry,), puts=(Put(Ledger(id_), 0),), call=call))

    def signs(self) -> None:
        self.signing.now()

    def restarts(self) -> None:
        self.close()
        self.start()

    def compared(self) -> Report:
        return reconcile(self.settings, logged=False, clock=self.clock)


ACTS: tuple[Callable[[Honest], None], ...] = (
    Honest.creates,
    Honest.alters,
    Honest.is_denied,
    Honest.misses,
    Honest.races,
    Honest.fails,
    Honest.looks,
    Honest.opens,
    Honest.announces,
    Honest.hands_on,
    Honest.answers,
    Honest.signs,
    Honest.restarts,
)


@contextmanager
def honest(folder: Path, url: str = "") -> Iterator[Honest]:
    """Yield an installation that has done one of everything and has begun another process since."""
    here = Honest(Settings(home=folder / "home", database_url=url, origin="spe.example/log", demo=True))
    here.start()
    try:
        yield here
    finally:
        with suppress(SpeError):
            here.close()
