"""Subjects' keys in `keys.db`: a database of its own, outside the main one and outside ordinary backups."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from spe.adapters.database.engine import open_database, rewrite, unreachable, writing
from spe.crypto.keyed import Names, derived, new_key, unwrap, wrap
from spe.errors import Unreachable

_METADATA = MetaData()
_KEYS = Table(
    "subject_key",
    _METADATA,
    Column("subject", String(64), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
# Made once: making it takes longer than running it.
_FIND = select(_KEYS.c.wrapped).where(_KEYS.c.subject == bindparam("name"))


class SubjectKeyStore:
    """`SubjectKeys` over `path`; keys are wrapped under `master`, and named by a keyed digest of the subject.

    Without the master key nobody can tell from the file who is a subject.
    """

    def __init__(self, path: Path, master: bytes) -> None:
        _make_private(path)
        self._engine = open_database(f"sqlite:///{path}")
        self._master = master
        self._names = Names(derived(master, b"spe subject key names 1"))
        with unreachable("the key store can't be opened"), writing(self._engine) as connection:
            _METADATA.create_all(connection)

    def name_of(self, subject: str) -> str:
        """Return the name under which the subject's key is kept, whether there is one or not."""
        return self._names.digest(subject)

    def key_for(self, subject: str) -> bytes:
        """Return the subject's 32-byte key, made now if there is none."""
        return self.find(subject) or self._make(subject)

    def find(self, subject: str) -> bytes | None:
        """Return the subject's key, or None when it was never made or is destroyed."""
        name = self.name_of(subject)
        with unreachable("the key store can't be read"), self._engine.connect() as connection:
            wrapped = connection.scalar(_FIND, {"name": name})
        return unwrap(self._master, wrapped, name.encode()) if wrapped is not None else None

    def has(self, name: str) -> bool:
        """Say whether there is a key of this name."""
        with unreachable("the key store can't be read"), self._engine.connect() as connection:
            return connection.scalar(_FIND, {"name": name}) is not None

    def destroy_named(self, *names: str) -> None:
        """Forget the keys of these names for ever; no file of the store holds them any more when this returns.

        `Unreachable` when that can't be had now, for instance while somebody reads: the keys are forgotten by then,
        and destroying them again does the rest.
        """
        with unreachable("the key store can't be written"), writing(self._engine) as connection:
            connection.execute(delete(_KEYS).where(_KEYS.c.subject.in_(names)))
        rewrite(self._engine)

    def close(self) -> None:
        """Close the store."""
        self._engine.dispose()

    def _make(self, subject: str) -> bytes:
        key, name = new_key(), self.name_of(subject)
        row = {"subject": name, "wrapped": wrap(self._master, key, name.encode())}
        with unreachable("the key store can't be written"):
            try:
                with writing(self._engine) as connection:
                    self._verify(connection)
                    connection.execute(insert(_KEYS), row)
            except IntegrityError:
                return self.key_for(subject)
        return key

    def _verify(self, connection: Connection) -> None:
        """Raise `IntegrityFailure` where the keys that are there are another master's: a new one would part a subject in two."""
        found = connection.execute(select(_KEYS).limit(1)).one_or_none()
        if found is not None:
            unwrap(self._master, found.wrapped, found.subject.encode())


def _make_private(path: Path) -> None:
    """Have the file there, ours alone, before SQLite makes others in its likeness."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as cause:
        raise Unreachable(f"the key store can't be opened: {cause.strerror}") from cause
