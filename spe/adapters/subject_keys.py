"""Subjects' keys in `keys.db`: a database of its own, outside the main one and outside ordinary backups."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from spe.adapters.database.engine import open_database, rewrite, unreachable, writing
from spe.crypto.keyed import new_key, unwrap, wrap
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
    """`SubjectKeys` over `path`; keys are wrapped under `master`, and rows named by a hash of the subject."""

    def __init__(self, path: Path, master: bytes) -> None:
        _make_private(path)
        self._engine = open_database(f"sqlite:///{path}")
        self._master = master
        with unreachable("the key store can't be opened"), writing(self._engine) as connection:
            _METADATA.create_all(connection)

    def key_for(self, subject: str) -> bytes:
        """Return the subject's 32-byte key, made now if there is none."""
        return self.find(subject) or self._make(subject)

    def find(self, subject: str) -> bytes | None:
        """Return the subject's key, or None when it was never made or is destroyed."""
        name = _name(subject)
        with unreachable("the key store can't be read"), self._engine.connect() as connection:
            wrapped = connection.scalar(_FIND, {"name": name})
        return unwrap(self._master, wrapped, name.encode()) if wrapped is not None else None

    def destroy(self, subject: str) -> None:
        """Forget the subject's key for ever; no file of the store holds it any more when this returns.

        `Unreachable` when that can't be had now, for instance while somebody reads: the key is forgotten by then,
        and destroying it again does the rest.
        """
        with unreachable("the key store can't be written"), writing(self._engine) as connection:
            connection.execute(delete(_KEYS).where(_KEYS.c.subject == _name(subject)))
        rewrite(self._engine)

    def close(self) -> None:
        """Close the store."""
        self._engine.dispose()

    def _make(self, subject: str) -> bytes:
        key, name = new_key(), _name(subject)
        row = {"subject": name, "wrapped": wrap(self._master, key, name.encode())}
        with unreachable("the key store can't be written"):
            try:
                with writing(self._engine) as connection:
                    connection.execute(insert(_KEYS), row)
            except IntegrityError:
                return self.key_for(subject)
        return key


def _make_private(path: Path) -> None:
    """Have the file there, ours alone, before SQLite makes others in its likeness."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as cause:
        raise Unreachable(f"the key store can't be opened: {cause.strerror}") from cause


def _name(subject: str) -> str:
    return sha256(b"spe subject key 1\x00" + subject.encode()).hexdigest()
