"""Sessions of the portal as either database keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from spe.adapters.database.engine import migrate, open_database
from spe.adapters.database.portal_sessions import DatabasePortalSessions
from spe.identity.portal import KeptSession, Logout
from tests.fakes import someone

NOW = 1_000_000
ANNA = KeptSession("a" * 64, "s-1", someone("anna.ricci").who(), "sealed", NOW + 100, NOW + 50)
BRUNA = replace(ANNA, key="b" * 64, session="s-2", who=someone("bruna.bo").who())


@pytest.fixture
def kept(database_url: str) -> Iterator[DatabasePortalSessions]:
    engine = open_database(database_url)
    migrate(engine)
    yield DatabasePortalSessions(engine)
    engine.dispose()


def test_what_is_kept_is_found_until_it_is_dropped(kept: DatabasePortalSessions) -> None:
    kept.put(ANNA, NOW)
    kept.put(BRUNA, NOW)
    assert kept.find(ANNA.key) == ANNA
    assert kept.find("c" * 64) is None
    kept.drop(ANNA.key)
    assert (kept.find(ANNA.key), kept.find(BRUNA.key)) == (None, BRUNA)
    kept.drop()
    assert kept.find(BRUNA.key) == BRUNA


def test_a_logout_names_a_session_or_all_of_a_person(kept: DatabasePortalSessions) -> None:
    second = replace(ANNA, key="d" * 64, session="s-3")
    for one in (ANNA, BRUNA, second):
        kept.put(one, NOW)
    assert kept.named(Logout("", "s-2")) == [BRUNA]
    assert kept.named(Logout("anna.ricci", "")) == [ANNA, second]
    assert kept.named(Logout("anna.ricci", "s-3")) == [second]
    assert kept.named(Logout("", "")) == []


@pytest.mark.parametrize("over", [ANNA.idle, ANNA.ends])
def test_a_new_session_clears_away_those_that_are_over(kept: DatabasePortalSessions, over: int) -> None:
    kept.put(replace(ANNA, idle=over), NOW)
    kept.put(BRUNA, over - 1)
    assert kept.find(ANNA.key) is not None
    kept.put(replace(BRUNA, key="e" * 64), over)
    assert kept.find(ANNA.key) is None


def test_one_of_many_claims_a_session_and_nobody_after_it_was_renewed(kept: DatabasePortalSessions) -> None:
    kept.put(ANNA, NOW)
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: kept.claim(ANNA, NOW, NOW + 6), range(16)))
    assert sum(claimed) == 1
    assert not kept.claim(ANNA, NOW + 5, NOW + 11)
    kept.renew(ANNA.key, "renewed")
    assert not kept.claim(ANNA, NOW, NOW + 6)
    assert kept.claim(replace(ANNA, sealed="renewed"), NOW, NOW + 6)
    assert kept.claim(replace(ANNA, sealed="renewed"), NOW + 6, NOW + 12)


def test_what_changes_meanwhile_leaves_the_rest_as_it_was(kept: DatabasePortalSessions) -> None:
    kept.put(ANNA, NOW)
    kept.keep(ANNA.key, "typed")
    kept.touch(ANNA.key, NOW + 80)
    kept.renew(ANNA.key, "renewed")
    assert kept.find(ANNA.key) == replace(ANNA, typed="typed", idle=NOW + 80, sealed="renewed")
