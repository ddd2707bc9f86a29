"""The bundle as an OPA server loads it: one gzipped tar file, which names its bundle and carries a signature of every file.

The form is OPA's own: `.manifest` names the revision (the bundle's digest) and the only root that the bundle may define,
`.signatures.json` one JSON web token over the SHA-256 of each file. Same bundle, same bytes, but for the signature.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from spe.crypto import canonical
from spe.policy.bundle import Bundle

EACH: Final = "spe/each/decisions"
_EACH: Final = """# The decision on each of several questions: it decides nothing itself.
# The embedded engine can't take a question out of a question, so this is written for a policy server only.
package spe.each

decisions := [answer |
	some question in input.questions
	answer := data.spe.main.decision with input as question
]
"""
SCOPE: Final = "spe"
ROOT: Final = "spe"
_SIGNATURES: Final = ".signatures.json"
Sign = Callable[[Mapping[str, Any]], str]


def archive(bundle: Bundle, sign: Sign | None) -> bytes:
    """Return the tar file of `bundle`; `sign` makes a token of claims, without it the bundle is unsigned.

    `Malformed` for a table that another reader could hash otherwise.
    """
    files = {path: text.encode() for path, text in served_modules(bundle).items()}
    tables = {
        "data.json": bundle.data(),
        ".manifest": {"revision": bundle.digest, "roots": [ROOT], "rego_version": 1},
    }
    files |= {path: json.dumps(table, ensure_ascii=False).encode() for path, table in tables.items()}
    if sign is not None:
        hashes = {path: sha256(data).hexdigest() for path, data in files.items()}
        # OPA hashes what a table says, not how it is written.
        hashes |= {path: sha256(canonical.encode(table)).hexdigest() for path, table in tables.items()}
        files[_SIGNATURES] = json.dumps({"signatures": [sign(_claims(hashes))]}).encode()
    return _packed(files)


def served_modules(bundle: Bundle) -> dict[str, str]:
    """Return the Rego modules that a server loads: the bundle's, and one that asks several questions at once."""
    return {**bundle.modules(), "spe/each/each.rego": _EACH}


def _claims(hashes: Mapping[str, str]) -> dict[str, Any]:
    files = [{"name": name, "hash": hashes[name], "algorithm": "SHA-256"} for name in sorted(hashes)]
    return {"files": files, "scope": SCOPE}


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return packed.getvalue()
