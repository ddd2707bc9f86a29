"""What SEAL and TenSEAL write, as far as it concerns us: parameters, ciphertexts, the two halves of a key.

Read and written here byte by byte, so that the library never reads anything whose form somebody else chose.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import zstandard

from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.words import COEFFICIENTS, Words
from spe.errors import SpeError

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
# Fields of a written key: parameters, its public half, its secret half.
_PARAMETERS, _PUBLIC, _SECRET = 1, 2, 3
_LONGEST_PUBLIC_SETTINGS = 64


def is_public_half(data: bytes) -> bool:
    """Say whether this is a key of the one parameter set with its public half, and nothing else in it."""
    found = list(_fields(data))
    return (
        [number for number, _ in found] == [_PARAMETERS, _PUBLIC]
        and _are_ours(found[0][1])
        and len(found[1][1]) > _LONGEST_PUBLIC_SETTINGS
    )


def is_secret_half(data: bytes) -> bool:
    """Say whether this is a key of the one parameter set with its secret half; its public half isn't in it."""
    found = list(_fields(data))
    return (
        [number for number, _ in found] == [_PARAMETERS, _PUBLIC, _SECRET]
        and _are_ours(found[0][1])
        and len(found[1][1]) <= _LONGEST_PUBLIC_SETTINGS
    )


def _are_ours(written: bytes) -> bool:
    """Say whether these are the parameters, before the library reads any of them."""
    if written[: len(_MAGIC)] != _MAGIC:
        return False
    try:
        return _content(written, len(_WRITTEN)) == _WRITTEN
    except zstandard.ZstdError:
        return False


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield a message's fields; one that isn't a run of bytes, or is cut, comes out as number 0."""
    at = 0
    while at < len(data):
        length, start = _read_varint(data, at + 1)
        if data[at] & 7 != 2 or data[at] > 127 or start + length > len(data):
            yield 0, b""
            return
        yield data[at] >> 3, data[start : start + length]
        at = start + length


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(data[at : at + 5]):
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value, at + shift + 1
    return len(data), at


def _content(object_: bytes, largest: int) -> bytes:
    """Return what is in a SEAL object, at most one byte more than `largest`: nothing inflates further."""
    body = object_[_HEADER:]
    if object_[5:6] != _ZSTD:
        return body
    with zstandard.ZstdDecompressor().stream_reader(body) as reader:
        return bytes(reader.read(largest + 1))


def words_of(serialized: bytes) -> Words:
    """Return the coefficients of what the library just wrote itself."""
    start = serialized.index(_MAGIC)
    content = _content(serialized[start:], _CIPHERTEXT)
    if len(content) != _CIPHERTEXT or content[: len(_BEFORE)] != _BEFORE:
        raise SpeError("TenSEAL writes ciphertexts in another form than the one this was made for")
    return np.frombuffer(content, "<u8", COEFFICIENTS, len(_BEFORE)).astype(np.uint64)


def vector_of(words: Words) -> bytes:
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
