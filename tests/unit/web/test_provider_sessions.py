"""Sessions that an identity provider began, at every end they can have."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from spe.adapters.database.engine import Engine, migrate, open_database
from spe.adapters.database.portal_sessions import DatabasePortalSessions
from spe.audit.change import Who
from spe.errors import IntegrityFailure, NotSignedIn, Unreachable
from spe.identity.model import Person
from spe.identity.portal import Attempt, Logout, Tokens
from spe.web.provider_sessions import ProviderSessions
from spe.web.sessions import IDLE, LONGEST
from tests.fakes import FixedClock, someone

ANNA = someone("anna.ricci")
TOKENS = Tokens("access-1", "refresh-1", "identity", "s-1", "anna.ricci")


class Provider:
    """An identity provider that renews a session as long as it stands by it."""

    def __init__(self) -> None:
        self.stands: dict[str, Person] = {"access-1": ANNA}
        self.renewed: Tokens | None = None
        self.refreshes = 0
        self.ended: list[tuple[str, str]] = []
        self.silent = False

    def verify(self, token: str) -> Person:
        if self.silent:
            raise Unreachable("down")
        if token not in self.stands:
            raise NotSignedIn("the token is not valid")
        return self.stands[token]

    def end(self, *, session: str = "", subject: str = "") -> None:
        self.ended.append((session, subject))

    def refresh(self, tokens: Tokens) -> Tokens:
        self.refreshes += 1
        if self.renewed is None:
            raise NotSignedIn("over")
        return self.renewed

    def begin(self, max_age: int | None = None) -> tuple[str, Attempt]:
        raise AssertionError(max_age)

    def finish(self, attempt: Attempt, state: str, code: str) -> Tokens:
        raise AssertionError(attempt, state, code)

    def revoke(self, tokens: Tokens) -> None:
        raise AssertionError(tokens)

    def logout(self, token: str) -> Logout:
        raise AssertionError(token)


class Place:
    def __init__(self, engine: Engine) -> None:
        self.clock, self.provider = FixedClock(), Provider()
        self.kept = DatabasePortalSessions(engine)
        self.sessions, self.elsewhere = self.process(), self.process()
        self.cookie = self.sessions.begin(TOKENS, ANNA)
        self.told: list[Who] = []

    def process(self) -> ProviderSessions:
        """Return sessions as another process, or one that was started anew, has them."""
        return ProviderSessions(self.provider, self.provider, self.kept, b"k" * 32, self.clock)

    def found(self) -> Person | None:
        session = self.sessions.find(self.cookie)
        return session.person if session else None


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    engine = open_database(f"sqlite:///{tmp_path}/spe.db")
    migrate(engine)
    yield Place(engine)
    engine.dispose()


def test_a_session_says_of_its_person_what_the_provider_says_now(place: Place) -> None:
    assert place.found() == ANNA
    later = replace(ANNA, second_factor_at=7)
    place.provider.stands["access-1"] = later
    assert place.found() == later


def test_a_token_that_is_refused_is_renewed_once(place: Place) -> None:
    place.provider.stands = {"access-2": ANNA}
    place.provider.renewed = replace(TOKENS, access="access-2", refresh="refresh-2")
    assert place.found() == ANNA
    assert place.found() == ANNA
    assert place.provider.refreshes == 1


def test_a_session_that_the_provider_does_not_renew_is_over_for_good(place: Place) -> None:
    place.provider.stands = {}
    assert place.found() is None
    place.provider.stands = {"access-1": ANNA}
    assert place.found() is None
    assert place.provider.refreshes == 1


def test_a_provider_that_does_not_answer_opens_nothing_and_ends_nothing(place: Place) -> None:
    place.provider.silent = True
    with pytest.raises(Unreachable):
        place.found()
    place.provider.silent = False
    assert place.found() == ANNA


def test_renewed_tokens_of_somebody_else_end_the_session(place: Place) -> None:
    place.provider.stands = {"access-2": someone("jonas.weber")}
    place.provider.renewed = replace(TOKENS, access="access-2")
    assert place.found() is None


def test_tokens_of_two_people_begin_no_session(place: Place) -> None:
    with pytest.raises(NotSignedIn, match="one person"):
        place.sessions.admit(replace(TOKENS, subject="jonas.weber"))


@pytest.mark.parametrize("seconds", [IDLE, LONGEST])
def test_a_session_ends_idle_and_in_any_case(place: Place, seconds: int) -> None:
    step, alive = (IDLE - 1 if seconds == LONGEST else seconds), False
    for _ in range(seconds // step):
        place.clock.go_on(step)
        alive = place.found() is not None
    place.clock.go_on(seconds % step)
    assert place.found() is None
    assert alive is (seconds == LONGEST)


def test_a_logout_of_a_session_ends_that_and_no_other(place: Place) -> None:
    other = place.sessions.begin(replace(TOKENS, session="s-2"), ANNA)
    place.sessions.sign_out(Logout("anna.ricci", "s-1"), place.told.append)
    assert place.told == [ANNA.who()]
    assert place.provider.ended == [("s-1", "")]
    assert place.found() is None
    assert place.sessions.find(other) is not None


def test_a_logout_that_names_no_session_ends_all_of_the_person(place: Place) -> None:
    place.sessions.begin(replace(TOKENS, session="s-2"), ANNA)
    place.sessions.sign_out(Logout("anna.ricci", ""), place.told.append)
    assert len(place.told) == 2
    place.sessions.sign_out(Logout("", ""), place.told.append)
    assert len(place.told) == 2
    assert place.found() is None


def test_a_logout_that_the_log_does_not_take_ends_no_session_but_its_tokens(place: Place) -> None:
    def refuse(who: Who) -> None:
        raise Unreachable(who.organisation)

    with pytest.raises(Unreachable):
        place.sessions.sign_out(Logout("anna.ricci", "s-1"), refuse)
    assert place.provider.ended == [("s-1", "")]
    assert place.found() == ANNA


def test_every_process_knows_a_session_and_its_end_and_a_restart_keeps_it(place: Place) -> None:
    assert place.elsewhere.find(place.cookie) == place.sessions.find(place.cookie)
    attempt = place.sessions.seal("attempt")
    assert place.process().unseal(attempt) == "attempt"
    place.elsewhere.keep(place.cookie, {"reason": "typed"})
    held = place.process().held(place.cookie)
    assert held is not None
    assert (held.tokens, held.typed) == (TOKENS, {"reason": "typed"})
    place.elsewhere.sign_out(Logout("", "s-1"), place.told.append)
    assert place.found() is None


def test_of_many_calls_of_two_processes_one_renews_the_tokens(place: Place) -> None:
    place.provider.stands = {"access-2": ANNA}
    place.provider.renewed = replace(TOKENS, access="access-2", refresh="refresh-2")
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(each.find, place.cookie) for each in (place.sessions, place.elsewhere) * 4]
        assert {found.person for one in asked if (found := one.result()) is not None} == {ANNA}
    assert place.provider.refreshes == 1


def test_what_is_kept_says_nothing_without_the_cookie(place: Place) -> None:
    (kept,) = place.kept.named(Logout("", "s-1"))
    shown = repr(kept)
    assert not any(secret in shown for secret in (place.cookie, "access-1", "refresh-1"))
    assert place.sessions.find(kept.key) is None
    other = place.sessions.begin(replace(TOKENS, session="s-2"), ANNA)
    place.kept.renew(sha256(other.encode()).hexdigest(), kept.sealed)
    with pytest.raises(IntegrityFailure):
        place.sessions.find(other)


def test_nobody_opens_a_session_by_another_way(place: Place) -> None:
    with pytest.raises(NotSignedIn):
        place.sessions.open(ANNA)
    assert place.sessions.find("no such cookie") is None
