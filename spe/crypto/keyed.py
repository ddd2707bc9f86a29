"""Names that only a key holder can link: keyed digests of subjects, sealed text, wrapped keys."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spe.errors import IntegrityFailure, Malformed

KEY_BYTES = 32
NONCE_BYTES = 16
_DIGEST_BYTES = 16
_GCM_NONCE_BYTES = 12
_VERSION = b"\x01"


class SubjectKeys(Protocol):
    """Keeps one random key per subject, outside the log and outside ordinary backups, under a keyed name."""

    def name_of(self, subject: str) -> str:
        """Return the name under which the subject's key is kept, whether there is one or not."""
        ...

    def key_for(self, subject: str) -> bytes:
        """Return the subject's 32-byte key, made now if there is none."""
        ...

    def find(self, subject: str) -> bytes | None:
        """Return the subject's key, or None when it was never made or is destroyed."""
        ...

    def destroy_named(self, *names: str) -> None:
        """Forget the keys of these names for ever; what they made can't be linked or opened again."""
        ...

    def has(self, name: str) -> bool:
        """Say whether there is a key of this name."""
        ...


def new_key() -> bytes:
    """Return 32 random bytes."""
    return os.urandom(KEY_BYTES)


def new_nonce() -> bytes:
    """Return the 16 random bytes that make an entry's digests differ from those of all other entries."""
    return os.urandom(NONCE_BYTES)


def digest(subject_key: bytes, entry_nonce: bytes, subject: str) -> str:
    """Return 32 hexadecimal digits: HMAC-SHA256 of nonce and subject under the subject's key, cut short.

    The same subject has another digest in every entry; without the key nothing links them.
    """
    if len(subject_key) != KEY_BYTES or len(entry_nonce) != NONCE_BYTES:
        raise Malformed("a subject key has 32 bytes and an entry nonce 16")
    message = b"spe subject digest 1\x00" + entry_nonce + _utf8(subject)
    return hmac.digest(subject_key, message, "sha256")[:_DIGEST_BYTES].hex()


def derived(key: bytes, purpose: bytes) -> bytes:
    """Return the 32-byte key for one more purpose: what it makes says nothing about `key`."""
    return hmac.digest(key, b"spe derived key 1\x00" + purpose, "sha256")


class Names:
    """Digests of names under one key: always the same for a name; without the key nobody finds the name by them.

    The key is put in once. `hmac.digest` would put it in each time, and let go of Python's global lock meanwhile:
    where others wait for that, it takes twenty times as long as what it is for.
    """

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, b"spe name digest 1\x00", "sha256")

    def digest(self, name: str) -> str:
        """Return 32 hexadecimal digits: HMAC-SHA256, cut short."""
        keyed = self._keyed.copy()
        keyed.update(_utf8(name))
        return keyed.digest()[:_DIGEST_BYTES].hex()


def seal_text(key: bytes, text: str, bind: bytes) -> str:
    """Return base64url without padding of `text` under AES-256-GCM; `bind` is needed again to open it.

    The nonce is random: one key is good for 2^32 texts (NIST SP 800-38D, 8.3).
    """
    return base64.urlsafe_b64encode(_seal(key, _utf8(text), b"text\x00" + bind)).decode().rstrip("=")


def open_text(key: bytes, sealed: str, bind: bytes) -> str:
    """Return the text that `seal_text` was given; `IntegrityFailure` for another key, binding or text."""
    try:
        data = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise IntegrityFailure("sealed text is malformed") from None
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != sealed:
        raise IntegrityFailure("sealed text is malformed")
    return _open(key, data, b"text\x00" + bind).decode("utf-8")


def wrap(master: bytes, key: bytes, bind: bytes) -> bytes:
    """Return `key` sealed under `master` for the owner named by `bind`: 61 bytes for a key of 32."""
    return _seal(master, key, b"key\x00" + bind)


def unwrap(master: bytes, wrapped: bytes, bind: bytes) -> bytes:
    """Return the key that `wrap` was given.

    `IntegrityFailure` for another master key or owner, or altered bytes.
    """
    return _open(master, wrapped, b"key\x00" + bind)


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("text holds half of a surrogate pair") from None


def _seal(key: bytes, plain: bytes, bind: bytes) -> bytes:
    nonce = os.urandom(_GCM_NONCE_BYTES)
    return _VERSION + nonce + _cipher(key).encrypt(nonce, plain, _VERSION + bind)


def _open(key: bytes, data: bytes, bind: bytes) -> bytes:
    nonce, body = data[1 : 1 + _GCM_NONCE_BYTES], data[1 + _GCM_NONCE_BYTES :]
    if data[:1] != _VERSION or len(body) < 16:
        raise IntegrityFailure("sealed value is malformed")
    try:
        return _cipher(key).decrypt(nonce, body, _VERSION + bind)
    except InvalidTag:
        raise IntegrityFailure("sealed value does not open with this key for this owner") from None


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise Malformed("a sealing key has 32 bytes")
    return AESGCM(key)
