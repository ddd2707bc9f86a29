"""One installation: what server and worker share, opened from the settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from spe import __version__
from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import Engine
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.records import DatabaseRecords
from spe.adapters.identities import KeyedIdentities
from spe.adapters.journal import Journal, new_process
from spe.adapters.objects import OPENINGS, SealedObjects
from spe.adapters.policy_journal import JournaledPoint
from spe.adapters.policy_point import PolicyPoint
from spe.adapters.subject_keys import SubjectKeyStore
from spe.audit.change import Change, Committer, Entry, Who
from spe.audit.cosigned import CosignedLog
from spe.audit.cover import Cover, HeldCover, WaitingCover, WearyCover
from spe.audit.events import Event
from spe.audit.events.process import ProcessStarted, ProcessStopped, WitnessesNamed
from spe.audit.events.record import BundleActivated, LogOpened
from spe.audit.opening import AuditedVault
from spe.clock import Clock, SystemClock
from spe.code.place import SCOPE as CODE_SCOPE
from spe.crypto.key_files import KeyFiles
from spe.crypto.object_store import ObjectStore
from spe.crypto.signing import StatementKind
from spe.crypto.vault import Vault
from spe.errors import IntegrityFailure, SpeError
from spe.identity.model import WORKER
from spe.policy.enforce import Enforcer
from spe.policy.trail import CarryingCommitter
from spe.run.place import TWIN_SCOPE
from spe.settings import Settings
from spe.wiring.agreement import hold_together
from spe.wiring.database import opened
from spe.wiring.ground import Grounds, find_grounds
from spe.wiring.home import DECISIONS, Home
from spe.wiring.keys import HeldKey, KnowingLog, settle_keys
from spe.wiring.objects import open_store
from spe.wiring.policies import decision_point
from spe.wiring.witnesses import Witnesses, read_witnesses

Wrap = Callable[[Committer], Committer]
Covering = Callable[[Settings, DatabaseLog], Cover]
_HASTE = 0.1
_EARLIER = "earlier_bundles"
_REMEMBERED = 100
_WORKER = WORKER.who()
# What is sealed under these scopes holds nothing of any person.
_FREE = frozenset({CODE_SCOPE, TWIN_SCOPE})


class CoveredLog(CosignedLog, KnowingLog, Protocol):
    """The log as whoever waits for checkpoints sees it, and whoever notices that another key signs them."""


@dataclass(frozen=True, slots=True)
class Presence:
    """This process as log and journals know it, from its start to its end."""

    who: Who
    clock: Clock
    decisions: Journal
    openings: Journal

    def starts(self, home: Home) -> Change:
        """Return the entry of its start, with the public keys that it found."""
        keys = tuple(f"{key.name}+{key.hash.hex()}" for key in home.signing.publics().values())
        return self._only(ProcessStarted(self.decisions.process, self.who.role, __version__, keys))

    def stops(self) -> Change:
        """Return the entry of its end in order, with how much there is in its journals."""
        return self._only(
            ProcessStopped(self.decisions.process, self.decisions.written, self.openings.written)
        )

    def _only(self, event: Event) -> Change:
        return Change(entries=(Entry(self.who, event, self.clock.now()),))


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything both processes use. `close` ends its threads."""

    settings: Settings
    home: Home
    engine: Engine
    log: DatabaseLog
    identities: KeyedIdentities
    keys: KeyFiles
    store: ObjectStore
    vault: Vault
    cover: Cover
    point: PolicyPoint
    writer: DatabaseCommitter
    pep: Enforcer
    grounds: Grounds
    subjects: SubjectKeyStore
    presence: Presence
    held: HeldKey

    def close(self) -> None:
        """Write what waits, the end of this process last, and end all threads."""
        # Where the log can't be written the process reads as cut off, as it is.
        with suppress(SpeError):
            self.writer.commit(self.presence.stops())
        self.writer.close()
        self.point.close()
        self.engine.dispose()
        self.subjects.close()
        self.store.close()


def waiting_cover(settings: Settings, log: CoveredLog) -> Cover:
    """Return the cover of a process that can't sign."""
    key = Home(settings.home).signing.public(StatementKind.CHECKPOINT)
    quorum = read_witnesses(settings).quorum(log, key)
    waiting = WaitingCover(log, quorum, key, settings.log_milliseconds / 1000)
    weary = WearyCover(waiting, replace(waiting, patience=_HASTE))
    return HeldCover(weary, HeldKey(log, key).check)


def open_installation(
    settings: Settings,
    clock: Clock | None = None,
    wrap: Wrap = lambda committer: committer,
    covering: Covering = waiting_cover,
    who: Who = _WORKER,
) -> Installation:
    """Open the installation in `settings.home`, making it where there is none; safe to do twice at once.

    `covering` gives what has entries signed, `who` names this process in the log.
    """
    home, witnesses = Home(settings.home), read_witnesses(settings)
    with home.alone():
        engine = opened(settings)
        log = DatabaseLog(engine)
        settle_keys(home, log, settings.origin)
        hold_together(settings, home, engine, log)
        held = HeldKey(log, home.signing.public(StatementKind.CHECKPOINT))
        grounds = find_grounds(settings)
        point = decision_point(settings, frozenset((log.mark(_EARLIER) or "").split()))
        subjects = SubjectKeyStore(home.subject_keys, home.master("subjects"))
        identities = KeyedIdentities(home.master("staff"), subjects)
        writer = DatabaseCommitter(engine, identities, patience=settings.log_milliseconds / 1000)
        time = clock or SystemClock()
        presence = _presence(home, who, time)
        try:
            _mark(log, writer, time, settings, point.bundle())
            _mark_witnesses(log, writer, time, witnesses)
            writer.commit(presence.starts(home))
            store = open_store(settings)
        except SpeError:
            writer.close()
            point.close()
            raise
    keys = KeyFiles(home.data_keys, home.master("data"))
    deciding = JournaledPoint(point, presence.decisions)
    pep = Enforcer(DatabaseRecords(engine), deciding, CarryingCommitter(wrap(writer)), time)
    cover = covering(settings, log)
    sealed = SealedObjects(store, keys, presence.openings)
    vault = AuditedVault(sealed, writer, cover, time, who, _FREE)
    return Installation(
        settings,
        home,
        engine,
        log,
        identities,
        keys,
        store,
        vault,
        cover,
        point,
        writer,
        pep,
        grounds,
        subjects,
        presence,
        held,
    )


def _presence(home: Home, who: Who, clock: Clock) -> Presence:
    process = new_process()
    decisions = Journal(home.journals, DECISIONS, process, clock)
    return Presence(who, clock, decisions, Journal(home.journals, OPENINGS, process, clock, sync=True))


def _mark(log: DatabaseLog, writer: Committer, clock: Clock, settings: Settings, bundle: str) -> None:
    """Write the log's first entry, hold a demo's database to being one, and put the policy bundle in force."""
    demo = "true" if settings.demo else "false"
    if log.head().size == 0:
        log.set_mark("demo", demo)
        writer.commit(_only(LogOpened(settings.origin, settings.demo), clock))
    if log.mark("demo") != demo:
        raise IntegrityFailure("a demo's database serves demos only, and no other database does")
    if log.mark("bundle") != bundle:
        writer.commit(_only(BundleActivated(bundle), clock))
        earlier = (log.mark(_EARLIER) or "").split()
        former = log.mark("bundle")
        log.set_mark(_EARLIER, " ".join([*earlier, *([former] if former else [])][-_REMEMBERED:]))
        log.set_mark("bundle", bundle)


def _mark_witnesses(log: DatabaseLog, writer: Committer, clock: Clock, witnesses: Witnesses) -> None:
    """Write down which witnesses the settings name wherever that has changed: nobody drops one unseen."""
    none, named = WitnessesNamed((), 0), WitnessesNamed(witnesses.named(), witnesses.needed)
    if (log.mark("witnesses") or none.mark()) != named.mark():
        writer.commit(_only(named, clock))
        log.set_mark("witnesses", named.mark())


def _only(event: Event, clock: Clock) -> Change:
    return Change(entries=(Entry(WORKER.who(), event, clock.now()),))
