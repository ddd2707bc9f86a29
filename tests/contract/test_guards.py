"""Log entries and directives can't be changed, on either database, by whoever is content with statements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from spe.adapters.database.engine import downgrade, migrate, writing
from spe.audit.change import Forget, Put
from spe.consent.model import Directive, DirectiveKind
from spe.errors import Malformed
from tests.unit.adapters.database.place import Installed, change, installed, ledger, together

REFUSED = (
    "UPDATE log_entry SET entry = entry",
    'UPDATE log_entry SET "index" = "index" + 1000',
    "DELETE FROM log_entry",
    'DELETE FROM log_entry WHERE "index" = 1',
    "UPDATE directive SET body = '{}'",
    "UPDATE directive SET version = version",
)
INSTEAD = ('INSERT INTO log_entry ("index", entry) SELECT "index", entry FROM log_entry',)


def directive(id_: str) -> Directive:
    return Directive(
        id=id_,
        holder="h1",
        subject="somebody",
        kind=DirectiveKind.OPT_OUT,
        purpose="*",
        effective=0,
        recorded=0,
        epoch=1,
    )


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Iterator[Installed]:
    with installed(tmp_path, database_url) as made:
        made.committer.commit(change(Put(directive("a"), 0)))
        made.committer.commit(change())
        yield made


def attempt(here: Installed, statement: str) -> None:
    with writing(here.engine) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", REFUSED)
def test_what_would_change_an_entry_or_a_directive_is_refused(here: Installed, statement: str) -> None:
    before = list(here.log.entries())
    with pytest.raises(DBAPIError, match="is refused"):
        attempt(here, statement)
    assert list(here.log.entries()) == before
    assert here.records.get(Directive, "a") is not None


@pytest.mark.parametrize("statement", INSTEAD)
def test_an_entry_takes_the_place_of_no_other(here: Installed, statement: str) -> None:
    with pytest.raises(DBAPIError):
        attempt(here, statement)


def test_a_change_of_a_directive_is_malformed_and_harms_nobody_else(here: Installed) -> None:
    bad, good = together(
        here,
        lambda: here.committer.commit(change(Put(directive("a"), 1))),
        lambda: here.committer.commit(change(ledger("b"))),
    )
    assert isinstance(bad.exception(), Malformed)
    assert good.result() == 2


def test_an_erased_subjects_directive_goes_and_entries_stay(here: Installed) -> None:
    here.committer.commit(change(forgets=(Forget(Directive, "a", 1),)))
    assert here.records.get(Directive, "a") is None
    assert here.log.head().size == 3


def test_the_guards_go_with_their_revision_and_come_back_with_it(here: Installed) -> None:
    downgrade(here.engine, "0004")
    attempt(here, "UPDATE directive SET version = version")
    migrate(here.engine)
    with pytest.raises(DBAPIError, match="is refused"):
        attempt(here, "UPDATE directive SET version = version")
