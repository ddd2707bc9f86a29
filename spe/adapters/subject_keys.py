"""Subjects' keys in `keys.db`: a database of its own, outside the main one and outside ordinary backups."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from spe.adapters.database.engine import open_database
from spe.crypto.keyed import new_key, unwrap, wrap
from spe.errors import Unreachable

_METADATA = MetaData()
_KEYS = Table(
    "subject_key",
    _METADATA,
    Column("subject", String(64), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)


class SubjectKeyStore:
    """`SubjectKeys` over `path`; keys are wrapped under `master`, and rows named by a hash of the subject."""

    def __init__(self, path: Path, master: bytes) -> None:
        self._engine = open_database(f"sqlite:///{path}")
        self._master = master
        _METADATA.create_all(self._engine)
        path.chmod(0o600)

    def key_for(self, subject: str) -> bytes:
        """Return the subject's 32-byte key, made now if there is none."""
        found = self.find(subject)
        if found is not None:
            return found
        key, name = new_key(), _name(subject)
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_KEYS), {"subject": name, "wrapped": wrap(self._master, key, name.encode())})
        except IntegrityError:
            return self.key_for(subject)
        except SQLAlchemyError as cause:
            raise Unreachable("the key store can't be written") from cause
        return key

    def find(self, subject: str) -> bytes | None:
        """Return the subject's key, or None when it was never made or is destroyed."""
        name = _name(subject)
        try:
            with self._engine.connect() as connection:
                wrapped = connection.scalar(select(_KEYS.c.wrapped).where(_KEYS.c.subject == name))
        except SQLAlchemyError as cause:
            raise Unreachable("the key store can't be read") from cause
        return unwrap(self._master, wrapped, name.encode()) if wrapped is not None else None

    def destroy(self, subject: str) -> None:
        """Forget the subject's key for ever; the file's free pages are overwritten as well."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            connection.execute(delete(_KEYS).where(_KEYS.c.subject == _name(subject)))
            connection.commit()


def _name(subject: str) -> str:
    return sha256(b"spe subject key 1\x00" + subject.encode()).hexdigest()
