"""Verifying signed statements and released zips offline, from files and a public key alone."""

from __future__ import annotations

import io
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

from spe.cli.files import read_text
from spe.crypto.key_folder import read_public_key
from spe.crypto.note import PublicKey, parse_public_key
from spe.crypto.signing import LARGEST_STATEMENT, StatementKind, parse_signature, verify
from spe.errors import IntegrityFailure, Malformed
from spe.release.bundle import SIGNATURE, STATEMENT

_LARGEST_SIGNATURE = 4096
_LARGEST_PROOF = 1 << 18
_LARGEST_ZIP = 512 << 20
_LARGEST_CONTENT = 1 << 30
_MOST_FILES = 1000


def public_key(given: str) -> PublicKey:
    """Return the key of a verifier key line, or of a file with that line."""
    return (
        read_public_key(Path(given)) if "+" not in given or Path(given).exists() else parse_public_key(given)
    )


def key_line(given: str) -> str:
    """Return a verifier key line of any kind: itself, or what a file holds."""
    return given if "+" in given and not Path(given).exists() else read_text(Path(given)).strip()


def read_small(file: Path) -> bytes:
    """Return the bytes of a file that can't be large."""
    return _read(file, _LARGEST_PROOF)


def verify_statement(file: Path, signature: Path, key: str, kind: StatementKind) -> dict[str, Any]:
    """Return the statement's fields once its signature holds; `IntegrityFailure` otherwise."""
    detached = parse_signature(_read(signature, _LARGEST_SIGNATURE))
    return dict(verify(_read(file, LARGEST_STATEMENT), detached, public_key(key), kind))


def verify_release(file: Path, key: str) -> dict[str, Any]:
    """Return a released zip's statement once it is signed and names exactly the zip's files with their digests."""
    contents = _contents(_read(file, _LARGEST_ZIP))
    try:
        statement, signature = contents.pop(STATEMENT), contents.pop(SIGNATURE)
    except KeyError:
        raise IntegrityFailure("the zip has no signed statement of its own") from None
    fields = verify(statement, parse_signature(signature), public_key(key), StatementKind.RELEASE)
    named = fields.get("files")
    listed = named if isinstance(named, list) else []
    signed = {str(one.get("name")): one.get("sha256") for one in listed if isinstance(one, dict)}
    _compare(signed, {name: sha256(data).hexdigest() for name, data in contents.items()})
    return dict(fields)


def _compare(signed: dict[str, Any], found: dict[str, str]) -> None:
    for name in sorted(signed.keys() | found.keys()):
        if name not in found:
            raise IntegrityFailure(f"{name} was released and is missing")
        if name not in signed:
            raise IntegrityFailure(f"{name} was never released")
        if signed[name] != found[name]:
            raise IntegrityFailure(f"{name} is not the file that was released")


def _contents(data: bytes) -> dict[str, bytes]:
    """Return every file of the zip; `IntegrityFailure` for a damaged one, two of one name, or an absurd size."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {member.filename: archive.read(member) for member in _members(archive)}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
    ) as cause:
        raise IntegrityFailure("the zip is damaged") from cause


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len({member.filename for member in members}) != len(members) or len(members) > _MOST_FILES:
        raise IntegrityFailure("the zip's list of files is not one that was released")
    if sum(member.file_size for member in members) > _LARGEST_CONTENT:
        raise IntegrityFailure("the zip's files are larger than any release")
    return members


def _read(path: Path, largest: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as cause:
        raise Malformed(f"{path}: {cause.strerror}") from None
    if len(data) > largest:
        raise Malformed(f"{path}: is over {largest} bytes")
    return data
