"""The only file that calls TenSEAL: keys, encrypting, decrypting. Adding needs neither (see `adding`)."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import tenseal
import zstandard

from spe.crypto.guarded import Guarded
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import Numbers
from spe.crypto.sums.words import COEFFICIENTS, Words, checked
from spe.errors import IntegrityFailure, Malformed, SpeError

LARGEST_PUBLIC = 160_000
LARGEST_SECRET = 80_000

# SEAL 4.3 writes an object as magic and version (5 bytes), compression, two reserved bytes, its length, its content.
_SWITCHING = 36_028_797_018_652_673
_MAGIC = b"\x5e\xa1\x10\x04\x03"
_PLAIN, _ZSTD = b"\x00", b"\x02"
_HEADER = 16


def _seal_object(content: bytes) -> bytes:
    return _MAGIC + _PLAIN + bytes(2) + struct.pack("<Q", _HEADER + len(content)) + content


def _modulus(value: int) -> bytes:
    return _seal_object(struct.pack("<Q", value))


# Scheme (BFV is 1), degree, number of primes, the primes, the plain modulus.
_WRITTEN = (
    struct.pack("<BQQ", 1, PARAMETERS.degree, len(PARAMETERS.chain))
    + b"".join(_modulus(prime) for prime in (PARAMETERS.modulus, _SWITCHING))
    + _modulus(PARAMETERS.plain)
)
# What stands before the coefficients: the parameters' hash, no NTT form, polynomials, degree, primes, scale, correction, array.
_BEFORE = (
    bytes.fromhex("f519748ae986328ec5e46358e63677329996ae7bf986f60566e4c88604788cc0")
    + struct.pack("<BQQQdQ", 0, 2, PARAMETERS.degree, 1, 1.0, 1)
    + _seal_object(struct.pack("<Q", COEFFICIENTS) + bytes(8 * COEFFICIENTS))[: _HEADER + 8]
)
_CIPHERTEXT = len(_BEFORE) + 8 * COEFFICIENTS


class NoKey(IntegrityFailure):
    """Bytes are not a key of this parameter set, or hold another half of it than they may."""

    title = "Not a key for encrypted sums"


@dataclass(frozen=True, slots=True)
class PublicSet:
    """The public half of a key: all that sites and aggregator ever have. It can't be made of bytes with a secret."""

    context: bytes

    def __post_init__(self) -> None:
        if not 0 < len(self.context) <= LARGEST_PUBLIC or not _has_parameters(self.context):
            raise NoKey("not a public key of these parameters")
        loaded = _load(self.context)
        if loaded.is_private() or not loaded.has_public_key():
            raise NoKey("a public set holds a public key and nothing else")

    def __repr__(self) -> str:
        return f"PublicSet({self.key})"

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, which holders certify."""
        return hashlib.sha256(self.context).hexdigest()

    @property
    def key(self) -> str:
        """The key's name: 32 hexadecimal digits of the digest."""
        return self.sha256[:32]


class Encryptor:
    """Encrypts under a public set: a context takes ten milliseconds to load, so it is loaded once."""

    __slots__ = ("_context", "key")

    def __init__(self, public: PublicSet) -> None:
        self.key = public.key
        self._context = _load(public.context)

    def encrypt(self, slots: Numbers) -> Words:
        """Return the ciphertext of 4,096 whole numbers, each smaller in size than half the plain modulus."""
        if (
            slots.shape != (PARAMETERS.degree,)
            or 2 * max(-int(slots.min()), int(slots.max())) >= PARAMETERS.plain
        ):
            raise Malformed("slots are 4096 numbers below half the plain modulus")
        return _words(tenseal.bfv_vector(self._context, slots).serialize())


class SecretKey(Guarded):
    """The secret half: whole only where a key is made and, for the moment of one opening, in the opener."""

    __slots__ = ("_context",)

    def __init__(self, data: bytes | bytearray) -> None:
        """Take the key from `data`; `NoKey` when it isn't one."""
        if not 0 < len(data) <= LARGEST_SECRET or not _has_parameters(data):
            raise NoKey("not a secret key of these parameters")
        self._context = _load(bytes(data))
        if not self._context.is_private():
            raise NoKey("there is no secret key in it")

    def decrypt(self, words: Words) -> Numbers:
        """Return the 4,096 numbers of a ciphertext; under another key they are random."""
        vector = tenseal.bfv_vector_from(self._context, _vector(checked(words)))
        return np.array(vector.decrypt(), np.int64)


def generate() -> tuple[PublicSet, bytearray]:
    """Make a key: the public set, and the secret half as bytes that the caller seals and then wipes."""
    made = tenseal.context(
        tenseal.SCHEME_TYPE.BFV,
        poly_modulus_degree=PARAMETERS.degree,
        plain_modulus=PARAMETERS.plain,
        coeff_mod_bit_sizes=list(PARAMETERS.chain),
    )
    half = {"save_galois_keys": False, "save_relin_keys": False}
    secret = made.serialize(save_public_key=False, save_secret_key=True, **half)
    return PublicSet(made.serialize(save_secret_key=False, **half)), bytearray(secret)


def _load(data: bytes) -> Any:
    try:
        return tenseal.context_from(data)
    except (ValueError, RuntimeError, TypeError, IndexError, MemoryError):
        raise NoKey("not a key of these parameters") from None


def _has_parameters(data: bytes | bytearray) -> bool:
    """Say whether a key begins with exactly this set's parameters, before the library reads any of it."""
    head, length = bytes(data[:2]), data[1] if len(data) > 1 else 0
    object_ = bytes(data[2 : 2 + length])
    if head[:1] != b"\x0a" or length > 127 or object_[:5] != _MAGIC:
        return False
    try:
        return _content(object_, len(_WRITTEN)) == _WRITTEN
    except zstandard.ZstdError:
        return False


def _content(object_: bytes, largest: int) -> bytes:
    """Return what is in a SEAL object, at most one byte more than `largest`: nothing inflates further."""
    body = object_[_HEADER:]
    if object_[5:6] != _ZSTD:
        return body
    with zstandard.ZstdDecompressor().stream_reader(body) as reader:
        return bytes(reader.read(largest + 1))


def _words(serialized: bytes) -> Words:
    """Return the coefficients of what the library just wrote itself."""
    start = serialized.index(_MAGIC)
    content = _content(serialized[start:], _CIPHERTEXT)
    if len(content) != _CIPHERTEXT or content[: len(_BEFORE)] != _BEFORE:
        raise SpeError("TenSEAL writes ciphertexts in another form than the one this was made for")
    return np.frombuffer(content, "<u8", COEFFICIENTS, len(_BEFORE)).astype(np.uint64)


def _vector(words: Words) -> bytes:
    """Return coefficients in the library's form: everything around them is ours, whoever sent them."""
    object_ = _seal_object(_BEFORE + words.astype("<u8").tobytes())
    return _field(1, _varint(PARAMETERS.degree)) + _field(2, object_)


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
