"""Sessions of the portal in the database, so that every process that serves it finds them, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, Row, Select, Update, and_, delete, insert, or_, select, update

from spe.adapters.database.engine import reading, unreachable, writing
from spe.adapters.database.tables import PORTAL_SESSION
from spe.audit.change import Who
from spe.audit.events import StaffRef
from spe.identity.portal import KeptSession, Logout

_COLUMNS = PORTAL_SESSION.c
_CANT = "sessions can't be kept"


class DatabasePortalSessions:
    """`KeptSessions` over one table; no entry tells of what happens to it, signing in and out have their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, session: KeptSession, now: int) -> None:
        """Keep a new session, and drop all that are over."""
        over = or_(_COLUMNS.ends <= now, _COLUMNS.idle <= now)
        with unreachable(_CANT), writing(self._engine) as connection:
            connection.execute(delete(PORTAL_SESSION).where(over))
            connection.execute(insert(PORTAL_SESSION), _row(session))

    def find(self, key: str) -> KeptSession | None:
        """Return what is kept under `key`, which may be over."""
        found = self._select(select(PORTAL_SESSION).where(_COLUMNS.key == key))
        return found[0] if found else None

    def named(self, logout: Logout) -> Sequence[KeptSession]:
        """Return what the issuer's logout is about: a session, or where it names none all of a person's."""
        which = _COLUMNS.session == logout.session if logout.session else _COLUMNS.person == logout.subject
        return self._select(select(PORTAL_SESSION).where(which).order_by(_COLUMNS.key))

    def touch(self, key: str, idle: int) -> None:
        """Have a session end at `idle` where no call comes."""
        self._update(_of(key).values(idle=idle))

    def keep(self, key: str, typed: str) -> None:
        """Keep what was typed."""
        self._update(_of(key).values(typed=typed))

    def claim(self, session: KeptSession, now: int, until: int) -> bool:
        """Say whether the caller alone renews the session from here on; not where somebody does, or has since it was found."""
        free = and_(_COLUMNS.renewing <= now, _COLUMNS.sealed == session.sealed)
        return self._update(_of(session.key).where(free).values(renewing=until)) == 1

    def renew(self, key: str, sealed: str) -> None:
        """Keep what the session rests on from now on, and let others claim it."""
        self._update(_of(key).values(sealed=sealed, renewing=0))

    def drop(self, *keys: str) -> None:
        """Forget sessions."""
        with unreachable(_CANT), writing(self._engine) as connection:
            connection.execute(delete(PORTAL_SESSION).where(_COLUMNS.key.in_(keys)))

    def _update(self, change: Update) -> int:
        with unreachable(_CANT), writing(self._engine) as connection:
            return connection.execute(change).rowcount

    def _select(self, query: Select[Any]) -> list[KeptSession]:
        with reading(self._engine, "sessions can't be read") as connection:
            return [_session(row) for row in connection.execute(query)]


def _of(key: str) -> Update:
    return update(PORTAL_SESSION).where(_COLUMNS.key == key)


def _row(session: KeptSession) -> dict[str, Any]:
    kept = {
        name: getattr(session, name)
        for name in ("key", "session", "sealed", "typed", "ends", "idle", "renewing")
    }
    who = session.who
    return {**kept, "person": str(who.id), "organisation": who.organisation, "role": who.role}


def _session(row: Row[Any]) -> KeptSession:
    who = Who(StaffRef(row.person), row.organisation, row.role)
    kept = KeptSession(row.key, row.session, who, row.sealed, row.ends, row.idle)
    return replace(kept, typed=row.typed, renewing=row.renewing)
