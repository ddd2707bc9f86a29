"""Unpacking a zip from a server that is not trusted: only plain relative paths, bounded, into a new folder."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from spe.errors import IntegrityFailure, Malformed

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*){0,12}")
_LARGEST = 64 << 30
_PIECE = 1 << 20


def unpack(source: Path, folder: Path) -> int:
    """Write every file of the zip below `folder`, which must be new, and return how many there were."""
    try:
        folder.mkdir(parents=True)
    except OSError as cause:
        raise Malformed(f"{folder}: {cause.strerror}") from None
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > _LARGEST:
                raise IntegrityFailure("the export is larger than any log")
            for member in members:
                _write(archive, member, folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as cause:
        raise IntegrityFailure("the export is damaged") from cause
    return len(members)


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    if _PATH.fullmatch(member.filename) is None:
        raise IntegrityFailure(f"the export names a file {member.filename[:80]!r} that no export has")
    target = folder / member.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as inner, target.open("xb") as file:
        while piece := inner.read(_PIECE):
            file.write(piece)
