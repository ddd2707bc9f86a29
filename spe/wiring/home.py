"""An installation's home: the folders and keys in it, made once and read ever after."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spe.crypto.key_files import KeyFiles, create_master_key, read_master_key
from spe.crypto.key_folder import KeyFolder
from spe.crypto.private_files import make_private_folder
from spe.errors import Unreachable

MASTERS = ("data", "subjects", "staff")

DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything of one installation is. The API reads `master` and `staff`, never what is in `signing`."""

    path: Path

    @property
    def signing(self) -> KeyFolder:
        """Return the folder of signing keys; their public halves are for everybody."""
        return KeyFolder(self.path / "keys" / "signing")

    @property
    def data_keys(self) -> Path:
        """Return the folder of wrapped data keys."""
        return self.path / "keys" / "data"

    @property
    def subject_keys(self) -> Path:
        """Return the database of subjects' keys, which ordinary backups leave out."""
        return self.path / "keys" / "keys.db"

    @property
    def objects(self) -> Path:
        """Return the folder of sealed objects."""
        return self.path / "objects"

    @property
    def journals(self) -> Path:
        """Return the folder of the processes' journals, which the log is compared with."""
        return self.path / "journals"

    @property
    def remembered(self) -> Path:
        """Return the file that remembers up to where the log was signed here."""
        return self.path / "signed.json"

    @property
    def fence(self) -> Path:
        """Return the file whose lock the one worker holds."""
        return self.path / "worker.lock"

    @property
    def persona_secret(self) -> Path:
        """Return the demo's secret of this start."""
        return self.path / "persona-secret"

    def master(self, name: str) -> bytes:
        """Return the master key `data`, `subjects` or `staff`."""
        return read_master_key(self._master(name))

    def make(self, origin: str) -> None:
        """Make what is missing, for a log that has not begun; keys that are there stay."""
        try:
            make_private_folder(self.path)
            for name in MASTERS:
                create_master_key(self._master(name))
            self.signing.create_missing(origin)
        except OSError as cause:
            raise _unwritable(cause) from cause

    def sealed(self, name: str) -> Path:
        """Return the file of a sealed object, where objects are kept in the folder."""
        return self.objects / KeyFiles(self.data_keys, self.master("data")).label(name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the set-up lock: server and worker that start together take turns."""
        try:
            make_private_folder(self.path)
            handle = os.open(self.path / "setup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as cause:
            raise _unwritable(cause) from cause
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _master(self, name: str) -> Path:
        return self.path / "keys" / "master" / f"{name}.key"


def _unwritable(cause: OSError) -> Unreachable:
    what = "make room, or make it writable, and start again"
    return Unreachable(f"the home of this installation can't be written: {cause.strerror}; {what}")
