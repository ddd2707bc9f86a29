"""No oracle on a subject: what a data user sees does not tell whether somebody was, is, or no longer is among the rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from spe.adapters import identities
from spe.audit.merkle import CompactRange, leaf_hash
from spe.cohort import service as cohorts
from spe.cohort.model import manifest
from spe.consent.model import subject_name
from spe.crypto.keyed import digest
from spe.identity.model import Person, Role
from spe.oversight import service as oversight
from spe.run import model, service
from tests.builders import MILANO, Table, patients
from tests.cast import Cast
from tests.world import Refused


@pytest.fixture(scope="module")
def table(cast: Cast) -> Table:
    return cast.given_data(patients())[0]


@pytest.fixture(scope="module")
def permit(cast: Cast, table: Table) -> str:
    permit = cast.given_permit(table)
    cast.researcher.opens(permit, MILANO)
    return permit


@pytest.fixture(scope="module")
def stopped(cast: Cast, permit: str, table: Table) -> str:
    """A run that was stopped by a withdrawal."""
    code, researcher = cast.given_code(permit), cast.researcher
    run = researcher.starts(permit, MILANO, code, seconds=30)
    cast.world.until(lambda: researcher.hears(run)["state"] == "running")
    cast.holder().records(MILANO, (table.subjects[9], "withdrawal", "*"))
    cast.world.until(lambda: researcher.cohort(permit, MILANO)["status"] == "current")
    return run


def holds(cast: Cast, permit: str, stopped: str, table: Table) -> None:
    """Look as the researcher at manifest, run and receipts after somebody withdrew."""
    told = cast.researcher.cohort(permit, MILANO)
    assert not {"epoch", "subjects"} & set(told), "the manifest tells that somebody said something"
    assert told["excluded"] == "<10"
    assert cast.researcher.hears(stopped)["state"] == "stopped_by_holder", "why it stopped is told"
    heard = set(cast.researcher.hears(stopped))
    assert heard == {"id", "permit", "site", "kind", "code", "state"}, "more is told of the run"
    answers = [_receipts(cast, table.subjects[at]) for at in (9, 10)]
    assert answers == [404, 404], "receipts are told to a data user"
    assert _receipts(cast, "nobody") == 404


def unlinkable(cast: Cast, subject: str) -> None:
    """Say two things about one subject, then destroy her key: her entries can't be told to be of one person, and prove as before."""
    log, keyed = cast.world.app.state.edge.answers, cast.world.app.state.edge.desks.audit.opener
    first = log.head().size
    for kind in ("restriction", "restriction_lifted"):
        cast.holder().records(MILANO, (subject, kind, "*"))
    entries = [json.loads(raw) for _, raw in log.entries(first)]
    mine = [entry for entry in entries if entry["type"] == "directive.recorded"]
    digests = [one["digest"] for entry in mine for one in entry["data"]["subjects"]]
    assert len(digests) == 2
    assert digests[0] != digests[1], "two entries about one subject can be linked by whoever reads them"
    nonces = [entry["nonce"] for entry in mine]
    name = subject_name(MILANO.holder, subject)
    assert all(keyed.is_subject(name, nonce, one) for nonce, one in zip(nonces, digests, strict=True))
    keyed._subjects.destroy_named(keyed._subjects.name_of(name))
    assert not any(keyed.is_subject(name, nonce, one) for nonce, one in zip(nonces, digests, strict=True))
    head = log.head()
    leaves = CompactRange()
    for _, raw in log.entries(0, head.size):
        leaves = leaves.append(leaf_hash(raw))
    assert leaves.root() == head.root(), "destroying a key has changed the log"


def test_nothing_tells_about_one_subject(cast: Cast, permit: str, stopped: str, table: Table) -> None:
    holds(cast, permit, stopped, table)


def test_entries_about_a_subject_can_not_be_linked_and_still_prove(cast: Cast, table: Table) -> None:
    unlinkable(cast, table.subjects[20])


def _with_epoch(patch: pytest.MonkeyPatch) -> None:
    """The researcher's manifest carries the epoch of the directives."""
    patch.setattr(
        cohorts, "manifest", lambda cohort, *, exact: manifest(cohort, exact=exact) | {"epoch": cohort.epoch}
    )


def _why_it_ended(patch: pytest.MonkeyPatch) -> None:
    """The researcher hears the run's end as the log has it."""
    real = service.RunDesk.show

    def show(self: service.RunDesk, person: Person, id_: str) -> Any:
        stored = self.pep.records.get(model.Run, id_)
        return {**real(self, person, id_), "ended": stored.value.ended if stored else 0}

    patch.setattr(service.RunDesk, "show", show)


def _receipts_for_all(patch: pytest.MonkeyPatch) -> None:
    """Receipts are shown to whoever asks, as to an auditor."""
    real = oversight.AuditDesk.receipts

    def receipts(self: oversight.AuditDesk, person: Person, about: str) -> Any:
        return real(self, _as_auditor(person), about)

    patch.setattr(oversight.AuditDesk, "receipts", receipts)


@pytest.mark.parametrize(
    ("broken", "seen"),
    [
        (_with_epoch, "the manifest tells"),
        (_why_it_ended, "more is told of the run"),
        (_receipts_for_all, "receipts are told"),
    ],
)
def test_it_is_seen_when(
    cast: Cast,
    permit: str,
    stopped: str,
    table: Table,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    seen: str,
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=seen):
        holds(cast, permit, stopped, table)


def test_links_are_seen_when_the_entry_does_not_go_into_the_digest(
    cast: Cast, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subject has one digest for all entries."""
    monkeypatch.setattr(identities, "digest", lambda key, _nonce, subject: digest(key, bytes(16), subject))
    with pytest.raises(AssertionError, match="can be linked"):
        unlinkable(cast, table.subjects[21])


def _receipts(cast: Cast, subject: str) -> int:
    try:
        cast.researcher.get("/receipts", about=f"{MILANO.holder}/{subject}")
    except Refused as refused:
        return refused.status
    return 200


def _as_auditor(person: Person) -> Person:
    return Person(
        person.id,
        person.name,
        person.organisation,
        (Role.AUDITOR,),
        "",
        person.trained_until,
        person.member_until,
    )
