"""Whether code is still what was approved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from spe.code.model import Code, CodeStatus
from spe.code.upload import digest
from spe.crypto.note import PublicKey
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed, check
from spe.errors import IntegrityFailure


def intact(code: Code, source: Mapping[str, bytes], runtime: str, sandbox: str) -> bool:
    """Say whether `source`, runtime and sandbox profile are byte for byte what the manifest's digest stands for."""
    files = {file.path: file.sha256 for file in code.manifest.files}
    found = {path: hashlib.sha256(content).hexdigest() for path, content in source.items()}
    same_ground = (code.manifest.runtime, code.manifest.sandbox) == (runtime, sandbox)
    return found == files and same_ground and digest(code.manifest) == code.digest


def signed(code: Code, approvals: PublicKey) -> bool:
    """Say whether the code is approved now, by a signature over this very manifest that still verifies."""
    if code.status is not CodeStatus.APPROVED:
        return False
    try:
        fields = check(Signed(code.statement, code.signature), approvals, StatementKind.APPROVAL)
    except IntegrityFailure:
        return False
    return (fields["digest"], fields["code"]) == (code.digest, code.id)
