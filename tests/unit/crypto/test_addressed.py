"""What is sealed to one reader, another can't open, and neither can the same one for another purpose."""

from __future__ import annotations

import pickle

import pytest

from spe.crypto.addressed import ADDRESS_BYTES, Reader, new_secret, seal_to
from spe.errors import IntegrityFailure, Malformed

SECRET = new_secret()
READER = Reader(SECRET)


def test_the_reader_opens_it_for_the_purpose_it_was_sealed_for() -> None:
    sealed = seal_to(READER.address, b"share", b"order 1")
    assert Reader(SECRET).open(sealed, b"order 1") == b"share"
    with pytest.raises(IntegrityFailure):
        READER.open(sealed, b"order 2")
    with pytest.raises(IntegrityFailure):
        Reader(new_secret()).open(sealed, b"order 1")


def test_altered_and_cut_bytes_do_not_open() -> None:
    sealed = seal_to(READER.address, b"share", b"")
    for at in range(0, len(sealed), 37):
        altered = bytearray(sealed)
        altered[at] ^= 1
        with pytest.raises(IntegrityFailure):
            READER.open(bytes(altered), b"")
    for end in (0, 1, 1088, 1119, len(sealed) - 1):
        with pytest.raises(IntegrityFailure):
            READER.open(sealed[:end], b"")


def test_addresses_and_secrets_have_one_length() -> None:
    for length in (0, ADDRESS_BYTES - 1, ADDRESS_BYTES + 1):
        with pytest.raises(Malformed):
            seal_to(bytes(length), b"share", b"")
    with pytest.raises(Malformed):
        Reader(b"short")


def test_what_is_no_point_or_no_lattice_key_is_no_address() -> None:
    with pytest.raises(Malformed):
        seal_to(b"\xff" * ADDRESS_BYTES, b"share", b"")


def test_a_reader_is_not_pickled() -> None:
    with pytest.raises(Malformed):
        pickle.dumps(READER)
