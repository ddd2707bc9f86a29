"""The folder `policies/` on disk."""

from __future__ import annotations

from pathlib import Path

from spe.errors import Unreachable

FOLDER = Path(__file__).resolve().parents[2] / "policies"
_ENDINGS = {".rego", ".json", ".yaml"}


def read_sources(folder: Path = FOLDER) -> dict[str, bytes]:
    """Return every rule, table and text under `folder` by its path in it; `Unreachable` where there is none.

    Links are not followed: a bundle is made of this folder's own files.
    """
    try:
        files = [path for path in folder.rglob("*") if path.suffix in _ENDINGS and not path.is_symlink()]
        sources = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files)}
    except OSError as cause:
        raise Unreachable(f"the policies can't be read: {cause.strerror}") from cause
    if not sources:
        raise Unreachable("there are no policies in the folder that settings name")
    return sources
