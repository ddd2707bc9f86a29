"""What a witness keeps: its key, the logs it knows, each one's last cosigned head, and evidence against a log.

A log's folder is named by a hash of its origin. Its `head` is the checkpoint with the witness' own line: empty before
the first, never missing afterwards, because a witness that forgot would cosign a second history.
"""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from spe.crypto import ed25519
from spe.crypto.cosignature import CosigningKey, WitnessKey, parse_witness_key
from spe.crypto.note import PublicKey, decode_base64, parse_public_key
from spe.crypto.private_files import make_private_folder, read_private, sync_folder, write_new, write_whole
from spe.errors import IntegrityFailure, Malformed, Unreachable

_FORM = "spe-witness-key-1"
_LARGEST = 1 << 17


@dataclass(frozen=True, slots=True)
class WitnessFolder:
    """Everything of one witness, in `path` (0700)."""

    path: Path

    def make(self, name: str, logs: tuple[PublicKey, ...]) -> WitnessKey:
        """Make what is missing: the key, named `name`, and a place for each log; what is there stays."""
        make_private_folder(self.path)
        secret = ed25519.generate()
        CosigningKey(name, secret)  # a bad name is refused before anything is made
        line = f"{_FORM} {name} {base64.b64encode(secret).decode()}\n"
        write_new(self.path / "witness.key", line.encode())
        public = self.key().public
        if public.name != name:
            raise Malformed(f"this witness is {public.name}: a witness keeps its name")
        write_new(self.path / "witness.pub", f"{public.text()}\n".encode(), mode=0o644)
        make_private_folder(self.path / "logs")
        for log in logs:
            self._add(log)
        return public

    def key(self) -> CosigningKey:
        """Return the secret key; `Unreachable` when missing or loosely kept, `IntegrityFailure` when damaged."""
        parts = read_private(self.path / "witness.key").decode(errors="replace").removesuffix("\n").split(" ")
        if len(parts) != 3 or parts[0] != _FORM:
            raise IntegrityFailure("witness.key is damaged")
        try:
            return CosigningKey(parts[1], decode_base64(parts[2]))
        except Malformed:
            raise IntegrityFailure("witness.key is damaged") from None

    def public(self) -> WitnessKey:
        """Return the public key, from its own file alone; `Unreachable` where there is no witness."""
        if not (self.path / "witness.pub").exists():
            raise Unreachable(f"there is no witness in {self.path.name}: `spe witness init` makes one")
        return parse_witness_key(_text(self.path / "witness.pub"))

    def logs(self) -> tuple[LogFolder, ...]:
        """Return every log it knows, by origin."""
        found = (LogFolder(path) for path in (self.path / "logs").glob("[!.]*"))
        return tuple(sorted(found, key=lambda log: log.keys()[0].name))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only process that cosigns or changes anything here; `Unreachable` when there is another.

        The folder itself is locked: a file in it could be removed, and then be locked twice.
        """
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as cause:
            raise Unreachable(f"there is no witness in {self.path.name}: {cause.strerror}") from None
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)

    def _add(self, key: PublicKey) -> None:
        place = self.path / "logs" / sha256(key.name.encode()).hexdigest()
        known = LogFolder(place).keys() if place.exists() else ()
        if not known:
            self._found(place, key)
        elif key not in known:
            write_whole(place / "keys", _lines(*known, key))

    def _found(self, place: Path, key: PublicKey) -> None:
        """Make a log's place whole or not at all."""
        part = place.with_name(f".{secrets.token_hex(8)}")
        make_private_folder(part / "evidence")
        write_new(part / "head", b"")
        write_whole(part / "keys", _lines(key))
        part.rename(place)
        sync_folder(place.parent)


@dataclass(frozen=True, slots=True)
class LogFolder:
    """What a witness keeps of one log."""

    path: Path

    def keys(self) -> tuple[PublicKey, ...]:
        """Return the keys that sign the log's checkpoints; the first one's name is its origin."""
        keys = tuple(parse_public_key(line) for line in _text(self.path / "keys").splitlines())
        origins = {sha256(key.name.encode()).hexdigest() for key in keys}
        if origins != {self.path.name}:
            raise IntegrityFailure(f"the keys in {self.path.name} are not those of that log")
        return keys

    def head(self) -> str:
        """Return the last cosigned checkpoint, empty before the first; `IntegrityFailure` when it is gone."""
        return _text(self.path / "head")

    def keep(self, note: str) -> None:
        """Make `note` the last cosigned checkpoint, durably, before anybody hears of it."""
        write_whole(self.path / "head", (note.encode(),))

    def evidence(self) -> tuple[str, ...]:
        """Return the checkpoints that show a second history."""
        return tuple(_text(path) for path in sorted((self.path / "evidence").glob("*.note")))

    def keep_evidence(self, *notes: str) -> None:
        """Keep checkpoints that contradict each other, durably; from the first one on the log is refused."""
        for note in notes:
            data = note.encode()
            write_new(self.path / "evidence" / f"{sha256(data).hexdigest()[:32]}.note", data)


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Unreachable("another process of this witness is running: stop it first") from None


def _lines(*keys: PublicKey) -> Iterator[bytes]:
    return (f"{key.text()}\n".encode() for key in keys)


def _text(path: Path) -> str:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as cause:
        raise IntegrityFailure(
            f"{path.name} of the witness can't be read ({cause.strerror}): a witness that lost it must be given up"
        ) from None
    with os.fdopen(handle, "rb") as file:
        try:
            return file.read(_LARGEST).decode()
        except UnicodeDecodeError:
            raise IntegrityFailure(f"{path.name} of the witness is damaged") from None
