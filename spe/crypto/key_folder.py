"""A folder with one signing key per kind of statement: `<kind>.key` (0600) and `<kind>.pub` beside it."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterable
from pathlib import Path

from spe.crypto import ed25519
from spe.crypto.note import PublicKey, decode_base64, is_key_name, parse_public_key
from spe.crypto.private_files import (
    make_private_folder,
    overwrite,
    read_private,
    sync_folder,
    write_new,
    write_whole,
)
from spe.crypto.signing import INSTALLATION, SigningKey, StatementKind, kind_of
from spe.errors import IntegrityFailure, Malformed, Unreachable

_FORM = "spe-signing-key-1"


class KeyFolder:
    """Reads signing and public keys from `path`; only the set-up calls `create_missing`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create_missing(self, origin: str, kinds: Iterable[StatementKind] = INSTALLATION) -> None:
        """Make a key for each of `kinds` that has none, named `origin/kind`; keys that are there stay."""
        if not is_key_name(origin):
            raise Malformed("an origin has no spaces and no plus signs")
        make_private_folder(self._path)
        for kind in kinds:
            self.create(kind, origin)

    def create(self, kind: StatementKind, origin: str) -> None:
        """Make a key of `kind` where there is none; a public file that is missing follows from the secret."""
        write_new(self._secret_file(kind), _write_secret(kind, origin, ed25519.generate()))
        self.public_again(kind)

    def signer(self, kind: StatementKind) -> SigningKey:
        """Return the secret key of `kind`.

        `Unreachable`: missing, or readable by others. `IntegrityFailure`: damaged, of another kind, or another than the
        public file beside it says.
        """
        origin, secret = _parse_secret(read_private(self._secret_file(kind)), kind)
        key = SigningKey(kind, origin, secret)
        if self._public_file(kind).exists() and key.public != self.public(kind):
            raise IntegrityFailure(f"{kind.value}.key and {kind.value}.pub are not of one pair")
        return key

    def next_signer(self, kind: StatementKind) -> SigningKey | None:
        """Return the key that is to follow the one of `kind`, where a change was begun."""
        file = self._next_file(kind)
        if not file.exists():
            return None
        return SigningKey(kind, *_parse_secret(read_private(file), kind))

    def begin_next(self, kind: StatementKind) -> SigningKey:
        """Make the key that is to follow the one of `kind`, of the same name, unless one was made before."""
        origin = self.public(kind).name.removesuffix(f"/{kind.value}")
        write_new(self._next_file(kind), _write_secret(kind, origin, ed25519.generate()))
        return SigningKey(kind, *_parse_secret(read_private(self._next_file(kind)), kind))

    def publish_next(self, kind: StatementKind) -> None:
        """Put the following key's public file in the place of the former's, which is kept as `<kind>-<hash>.pub`."""
        former, following = self.public(kind), self.next_signer(kind)
        if following is not None and former != following.public:
            kept = self._path / f"{kind.value}-{former.key_id}.pub"
            write_new(kept, f"{former.text()}\n".encode(), mode=0o644)
            write_whole(self._public_file(kind), [f"{following.public.text()}\n".encode()], mode=0o644)

    def promote(self, kind: StatementKind) -> None:
        """Destroy the secret of `kind` and put the following one in its place: from here on nobody signs as the former."""
        overwrite(self._secret_file(kind))
        self._next_file(kind).replace(self._secret_file(kind))
        sync_folder(self._path)

    def formers(self, kind: StatementKind) -> tuple[PublicKey, ...]:
        """Return the public keys that others of `kind` have followed."""
        return tuple(read_public_key(file) for file in sorted(self._path.glob(f"{kind.value}-*.pub")))

    def knows(self, kind: StatementKind) -> bool:
        """Say whether anything of the key of `kind` is there."""
        return self._public_file(kind).exists() or self.has_secret(kind)

    def has_secret(self, kind: StatementKind) -> bool:
        """Say whether the secret key of `kind` is there."""
        return self._secret_file(kind).exists()

    def public_again(self, kind: StatementKind) -> PublicKey:
        """Return the public key of `kind`; where its file is missing it is made again from the secret."""
        file = self._public_file(kind)
        if not file.exists() and self.has_secret(kind):
            write_new(file, f"{self.signer(kind).public.text()}\n".encode(), mode=0o644)
        return self.public(kind)

    def public(self, kind: StatementKind) -> PublicKey:
        """Return the public key of `kind`, from its `.pub` file alone."""
        key = read_public_key(self._public_file(kind))
        if kind_of(key) is not kind:
            raise IntegrityFailure(f"{kind.value}.pub holds a key of another kind")
        return key

    def publics(self) -> dict[StatementKind, PublicKey]:
        """Return the public key of every kind that an installation signs."""
        return {kind: self.public(kind) for kind in INSTALLATION}

    def _secret_file(self, kind: StatementKind) -> Path:
        return self._path / f"{kind.value}.key"

    def _next_file(self, kind: StatementKind) -> Path:
        return self._path / f"{kind.value}.next.key"

    def _public_file(self, kind: StatementKind) -> Path:
        return self._path / f"{kind.value}.pub"


def read_public_key(path: Path) -> PublicKey:
    """Return the key of a file with one verifier key line.

    `Unreachable` when unreadable, `Malformed` otherwise.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreachable(f"{path.name} is not a file")
        with path.open("rb") as file:
            data = file.read(1025)
    except OSError as error:
        raise Unreachable(f"{path.name} can't be read: {error.strerror}") from None
    try:
        return parse_public_key(data.decode())
    except UnicodeDecodeError:
        raise Malformed("a verifier key reads name+hash+base64") from None


def _write_secret(kind: StatementKind, origin: str, secret: bytes) -> bytes:
    return f"{_FORM} {kind.value} {origin} {base64.b64encode(secret).decode()}\n".encode()


def _parse_secret(data: bytes, kind: StatementKind) -> tuple[str, bytes]:
    damaged = IntegrityFailure(f"{kind.value}.key is damaged or holds a key of another kind")
    parts = data.decode(errors="replace").removesuffix("\n").split(" ")
    if len(parts) != 4 or parts[:2] != [_FORM, kind.value]:
        raise damaged
    try:
        return parts[2], decode_base64(parts[3])
    except Malformed:
        raise damaged from None
