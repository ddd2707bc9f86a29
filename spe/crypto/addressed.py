"""Bytes for one reader: HPKE (RFC 9180) to an ML-KEM-768 and X25519 key, so that neither breaking alone opens them."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from spe.crypto.guarded import Guarded
from spe.errors import IntegrityFailure, Malformed

ADDRESS_BYTES = 1184 + 32
SECRET_BYTES = 64 + 32
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Reader(Guarded):
    """Opens what was sealed to its `address` (1,216 bytes, public)."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        """Take the 96-byte secret that `new_secret` made."""
        if len(secret) != SECRET_BYTES:
            raise Malformed("a reader's secret has 96 bytes")
        lattice = MLKEM768PrivateKey.from_seed_bytes(secret[:64])
        curve = X25519PrivateKey.from_private_bytes(secret[64:])
        self._key = MLKEM768X25519PrivateKey(lattice, curve)
        self.address = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    def open(self, sealed: bytes, bind: bytes) -> bytes:
        """Return the plain bytes; `IntegrityFailure` for another reader, another binding or altered bytes."""
        try:
            return _SUITE.decrypt(sealed, self._key, info=bind)
        except (InvalidTag, ValueError):
            raise IntegrityFailure("not sealed to this reader for this purpose") from None


def new_secret() -> bytes:
    """Return a new random secret for a reader."""
    curve = X25519PrivateKey.generate().private_bytes_raw()
    return MLKEM768PrivateKey.generate().private_bytes_raw() + curve


def seal_to(address: bytes, plain: bytes, bind: bytes) -> bytes:
    """Return `plain` for the reader at `address`; `bind` is not stored, and is needed again to open it."""
    if len(address) != ADDRESS_BYTES:
        raise Malformed("a reader's address has 1216 bytes")
    try:
        lattice = MLKEM768PublicKey.from_public_bytes(address[:1184])
        curve = X25519PublicKey.from_public_bytes(address[1184:])
        return _SUITE.encrypt(plain, MLKEM768X25519PublicKey(lattice, curve), info=bind)
    except ValueError:
        raise Malformed("not a reader's address") from None
