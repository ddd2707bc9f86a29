"""The key with which a policy bundle is signed for OPA: ES256, its private half in a file of its owner's only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from spe.crypto.private_files import read_private, write_new
from spe.errors import Conflict, Unreachable
from spe.policy.archive import Sign

ALGORITHM: Final = "ES256"
KEY_ID: Final = "spe"
_CURVE: Final = "P-256"


def make_key(private: Path, public: Path) -> None:
    """Write a new key, PEM; `Conflict` where a file is there already, and nothing is written over."""
    key = ECKey.generate_key(_CURVE, private=True)
    for path, data, mode in ((private, key.as_pem(True), 0o600), (public, key.as_pem(False), 0o644)):
        if not write_new(path, data, mode):
            raise Conflict(f"{path.name} is there already: a key in use is not written over")


def signer(private: Path) -> Sign:
    """Return what signs claims with the key in `private`; `Unreachable` where it can't be had or is of another kind."""
    try:
        key = ECKey.import_key(read_private(private))
    except (JoseError, ValueError, TypeError):
        raise Unreachable(f"{private.name} holds no key that signs policies") from None
    if not key.is_private or key.curve_name != _CURVE:
        raise Unreachable(f"{private.name} holds no key that signs policies")

    def sign(claims: Mapping[str, Any]) -> str:
        return jwt.encode({"alg": ALGORITHM, "kid": KEY_ID}, dict(claims), key, algorithms=[ALGORITHM])

    return sign
