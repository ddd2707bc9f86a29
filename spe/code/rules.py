"""Whether code is still what was approved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from spe.code.model import Code
from spe.code.upload import digest


def intact(code: Code, source: Mapping[str, bytes], runtime: str, sandbox: str) -> bool:
    """Say whether `source`, runtime and sandbox profile are byte for byte what the manifest's digest stands for."""
    files = {file.path: file.sha256 for file in code.manifest.files}
    found = {path: hashlib.sha256(content).hexdigest() for path, content in source.items()}
    same_ground = (code.manifest.runtime, code.manifest.sandbox) == (runtime, sandbox)
    return found == files and same_ground and digest(code.manifest) == code.digest
