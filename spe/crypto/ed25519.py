"""Ed25519 (RFC 8032) on raw bytes: the one place that calls the library for signatures."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
SIGNATURE_BYTES = 64


def generate() -> bytes:
    """Return a new random secret of 32 bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_of(secret: bytes) -> bytes:
    """Return the 32-byte public key of a 32-byte secret."""
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def sign(secret: bytes, message: bytes) -> bytes:
    """Return the 64-byte signature of `message`."""
    return Ed25519PrivateKey.from_private_bytes(secret).sign(message)


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` is the 32-byte key's signature of `message`.

    Malformed input is simply False.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
