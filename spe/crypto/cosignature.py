"""Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519): from when on a witness had seen which head of a log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spe.crypto import ed25519
from spe.crypto.note import (
    is_key_name,
    key_hash,
    parse_verifier_key,
    signature_line,
    signatures_by,
    verifier_key,
)
from spe.errors import IntegrityFailure, Malformed

_COSIGNATURE = b"\x04"
_TIME_BYTES = 8
LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness' public key; its text is a verifier key like a log's, of another algorithm."""

    name: str
    raw: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.raw) != ed25519.KEY_BYTES:
            raise Malformed("a witness' key needs a name without spaces or plus signs, and 32 bytes")

    @property
    def hash(self) -> bytes:
        """The 4 bytes that its lines carry: SHA-256(name, line feed, 4, key) cut short."""
        return key_hash(self.name, _COSIGNATURE, self.raw)

    def text(self) -> str:
        """Return the verifier key in its one-line text form."""
        return verifier_key(self, _COSIGNATURE, self.raw)


def parse_witness_key(text: str) -> WitnessKey:
    """Return the key of a `name+hash+base64` line; `Malformed` for a log's key or anything else."""
    return WitnessKey(*parse_verifier_key(text, _COSIGNATURE))


class CosigningKey:
    """A witness' secret key: it signs heads of logs with a time, and nothing else."""

    __slots__ = ("_secret", "public")

    def __init__(self, name: str, secret: bytes) -> None:
        if len(secret) != ed25519.KEY_BYTES:
            raise Malformed("a secret key has 32 bytes")
        self.public = WitnessKey(name, ed25519.public_of(secret))
        self._secret = secret

    def __repr__(self) -> str:
        return f"CosigningKey({self.public.name}+{self.public.hash.hex()})"

    def cosign(self, text: str, time: int) -> str:
        """Return the line that says: at `time`, in seconds since 1970, this was the largest consistent head seen."""
        signature = ed25519.sign(self._secret, _message(text, time))
        return signature_line(self.public, time.to_bytes(_TIME_BYTES, "big") + signature)


def cosigned_at(text: str, lines: Iterable[str], key: WitnessKey) -> int | None:
    """Return the time of `key`'s cosignature of `text` among `lines`, None where it has no line there.

    `IntegrityFailure`: a line is malformed, `key` has more than one, or its signature does not verify.
    """
    mine = signatures_by(key, (line.removesuffix("\n") for line in lines))
    if not mine:
        return None
    time = int.from_bytes(mine[0][:_TIME_BYTES], "big")
    whole = len(mine) == 1 and len(mine[0]) == _TIME_BYTES + ed25519.SIGNATURE_BYTES and time <= LATEST
    if not whole or not ed25519.verifies(key.raw, mine[0][_TIME_BYTES:], _message(text, time)):
        raise IntegrityFailure(f"the cosignature by {key.name}+{key.hash.hex()} does not verify")
    return time


def _message(text: str, time: int) -> bytes:
    if not 0 <= time <= LATEST:
        raise Malformed("a cosignature's time is a number of seconds from 0 to 2^63-1")
    return f"cosignature/v1\ntime {time}\n{text}".encode()
