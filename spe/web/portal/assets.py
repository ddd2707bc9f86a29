"""Style and behaviour of pages, read once when the server starts: our own, and what set-up brought, if it did."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from spe.errors import NotFound

_OWN = Path(__file__).parent / "static"
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_BROUGHT = ("govuk-frontend.min.css", "govuk-frontend.min.js")
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent, and compressed; compressing is done once, of bytes that depend on no caller."""

    kind: str
    plain: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class Assets:
    """Every file there is by its name; `version` is in their address, so that a browser may keep them for ever."""

    files: Mapping[str, Asset]
    version: str

    @property
    def styled(self) -> bool:
        """Say whether set-up brought what other makers made."""
        return all(name in self.files for name in _BROUGHT)

    def answer(self, request: Request, version: str, name: str) -> Response:
        """Return a file; only what was read at the start can be named."""
        found = self.files.get(name) if version == self.version else None
        if found is None:
            raise NotFound("there is no such file")
        headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                found.packed, media_type=found.kind, headers={**headers, "Content-Encoding": "gzip"}
            )
        return Response(found.plain, media_type=found.kind, headers=headers)


def read_assets(brought: Path) -> Assets:
    """Read our own files and those that set-up laid into `brought`; without the latter pages are plain."""
    paths = [path for path in sorted(_OWN.iterdir()) if path.suffix in _KINDS]
    paths += [path for name in _BROUGHT if (path := brought / name).is_file()]
    files = {path.name: _read(path) for path in paths}
    total = sha256(b"".join(name.encode() + files[name].plain for name in sorted(files)))
    return Assets(files, total.hexdigest()[:16])


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(_KINDS[path.suffix], content, gzip.compress(content, 9, mtime=0))
