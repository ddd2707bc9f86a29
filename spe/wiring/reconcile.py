"""Comparing an installation's log with what happened there, from its home and database, offline."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC

from spe import __version__
from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import open_database
from spe.adapters.database.snapshot import Snapshot, snapshot
from spe.adapters.database.tables import TABLES
from spe.adapters.identities import KeyedIdentities
from spe.adapters.journal_lines import JournalFolder
from spe.adapters.objects import OPENINGS
from spe.adapters.shelf import TemporaryShelf
from spe.audit.change import Change, Entry, Who
from spe.audit.events import Event, StaffRef
from spe.audit.events.reconcile import LogReconciled
from spe.audit.handover import CheckpointKeys
from spe.clock import Clock, SystemClock
from spe.crypto.signing import StatementKind
from spe.errors import Unreachable
from spe.oversight.reconcile import Source, compare
from spe.oversight.reconcile_answers import AnswerSource
from spe.oversight.reconcile_decisions import DecisionSource
from spe.oversight.reconcile_facts import FactSource
from spe.oversight.reconcile_objects import ObjectSource
from spe.oversight.reconcile_operator import Found, OperatorSource
from spe.oversight.reconcile_report import Report
from spe.oversight.reconcile_rows import RowSource
from spe.oversight.reconcile_tree import TreeSource
from spe.settings import Settings
from spe.wiring.home import DECISIONS, Home
from spe.wiring.witnesses import read_witnesses

# Of all sources the first so many are the database's own.
_OWN = 4


class NoSubjects:
    """Subjects' keys, where what is done to a log needs none of them."""

    def name_of(self, subject: str) -> str:  # noqa: ARG002
        """Refuse."""
        raise Unreachable("subjects' keys are not opened for this")

    def has(self, name: str) -> bool:  # noqa: ARG002
        """Know nobody."""
        return False

    def key_for(self, subject: str) -> bytes:  # noqa: ARG002
        """Refuse."""
        raise Unreachable("subjects' keys are not opened for this")

    def find(self, subject: str) -> bytes | None:  # noqa: ARG002 - the word of the port
        """Know nobody."""
        return None

    def destroy_named(self, *names: str) -> None:  # noqa: ARG002
        """Refuse."""
        raise Unreachable("subjects' keys are not opened for this")


def reconcile(settings: Settings, *, logged: bool, clock: Clock | None = None) -> Report:
    """Return the report of the installation in `settings.home`; `logged` commits that it was made, with its digest."""
    home, time = Home(settings.home), clock or SystemClock()
    if not settings.home.is_dir():
        raise Unreachable(f"there is no installation in {settings.home}")
    identities = _identities(home)
    until = time.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with snapshot(settings.database) as stored, closing(TemporaryShelf()) as shelf:
        report = _compared(settings, home, identities, stored, shelf, until)
    report = replace(report, logged=logged)
    if logged:
        log_by_operator(settings, _event(report), time)
    return report


def agreement(settings: Settings, clock: Clock | None = None) -> Report:
    """Return how the database agrees with its own log: tree, records, facts, answers; nothing beside it is asked."""
    home, time = Home(settings.home), clock or SystemClock()
    until = time.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with snapshot(settings.database) as stored, closing(TemporaryShelf()) as shelf:
        return _compared(settings, home, _identities(home), stored, shelf, until, beside=False)


def _identities(home: Home) -> KeyedIdentities:
    return KeyedIdentities(home.master("staff"), NoSubjects())


def _compared(
    settings: Settings,
    home: Home,
    identities: KeyedIdentities,
    stored: Snapshot,
    shelf: TemporaryShelf,
    until: str,
    *,
    beside: bool = True,
) -> Report:
    publics = home.signing.publics()
    signers = (publics[StatementKind.CHECKPOINT], *home.signing.formers(StatementKind.CHECKPOINT))
    openings, decisions = JournalFolder(home.journals, OPENINGS), JournalFolder(home.journals, DECISIONS)
    keys = tuple(f"{key.name}+{key.hash.hex()}" for key in publics.values())
    tree = TreeSource(stored, CheckpointKeys(signers), read_witnesses(settings).cosigned)
    tables = [table.name for table in TABLES.values()]
    name_of = identities.digest_record
    sources: tuple[Source, ...] = (
        tree,
        RowSource(stored.rows(), shelf, name_of),
        FactSource(stored.facts(), shelf),
        AnswerSource(stored.answers(), shelf, tables, name_of),
        ObjectSource(openings, shelf, until),
        DecisionSource(decisions, shelf, until),
        OperatorSource(Found(stored.marks(), keys, settings.origin)),
    )
    tallies = compare(stored.entries(), sources if beside else sources[:_OWN])
    inputs = {"rows": stored.digest(), "journals": {**openings.digests, **decisions.digests}, "keys": keys}
    head = tree.range
    return Report(
        until,
        __version__,
        settings.origin,
        head.size,
        head.root(),
        tree.newest,
        tallies,
        inputs,
        logged=False,
    )


def _event(report: Report) -> Event:
    digest = hashlib.sha256(report.encoded()).hexdigest()
    matched, explained, unmatched = (report.total(name) for name in ("matched", "explained", "unmatched"))
    return LogReconciled(report.size, matched, explained, unmatched, digest)


def log_by_operator(settings: Settings, event: Event, clock: Clock) -> int:
    """Commit an entry of the account that runs this on the installation's machine; return its index."""
    who = Who(StaffRef(f"account-{os.getuid()}"), "spe", "operator")
    engine = open_database(settings.database)
    identities = _identities(Home(settings.home))
    writer = DatabaseCommitter(engine, identities, patience=settings.log_milliseconds / 1000)
    try:
        return writer.commit(Change(entries=(Entry(who, event, clock.now()),)))
    finally:
        writer.close()
        engine.dispose()
