"""Checkpoints that witnesses must have seen: cosignatures by the letter of C2SP tlog-cosignature."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from spe.audit.merkle import inclusion_proof
from spe.audit.nodes import Nodes
from spe.audit.proof import written
from spe.audit.verify import BadLog, verify_export
from spe.audit.verify_note import Cosigned
from spe.audit.verify_proof import check_proof
from spe.crypto import ed25519
from spe.errors import IntegrityFailure, Malformed
from tests.unit.audit.signed_log import VKEY, checkpoints, entry, exported, write
from tests.unit.audit.stored_tiles import MemoryTiles

ENTRIES = [entry(number) for number in range(300)]
NOTES = checkpoints(ENTRIES, [200])
NOTE = NOTES[300]
TEXT = NOTE.partition("\n\n")[0] + "\n"
AT = 1_780_000_000


def witness(name: str, secret: bytes = bytes(range(1, 33))) -> str:
    """Return a witness' key."""
    data = b"\x04" + ed25519.public_of(secret)
    return f"{name}+{_hash(name, data).hex()}+{base64.b64encode(data).decode()}"


def line(name: str, text: str = TEXT, at: int = AT, secret: bytes = bytes(range(1, 33))) -> str:
    """Return the line by which a witness cosigns."""
    signature = ed25519.sign(secret, f"cosignature/v1\ntime {at}\n{text}".encode())
    hashed = _hash(name, b"\x04" + ed25519.public_of(secret))
    return f"\u2014 {name} {base64.b64encode(hashed + at.to_bytes(8, 'big') + signature).decode()}\n"


def _hash(name: str, data: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]


def proof(note: str) -> bytes:
    """Return a proof of entry 7 under the note."""
    return written(
        7, ENTRIES[7], inclusion_proof(7, 300, Nodes(MemoryTiles(ENTRIES), 300).get), note
    ).encode()


W1, W2 = witness("witness.example/w1"), witness("witness.example/w2", bytes(32))
L1, L2 = line("witness.example/w1"), line("witness.example/w2", secret=bytes(32))


def test_each_witness_that_is_asked_about_must_have_cosigned(tmp_path: Path) -> None:
    write(tmp_path, exported(ENTRIES, NOTES | {300: NOTE + L1 + L2}))
    expected = (Cosigned("witness.example/w1", AT), Cosigned("witness.example/w2", AT))
    assert verify_export(tmp_path, VKEY, witnesses=[W1, W2]).cosigned == expected
    assert check_proof(proof(NOTE + L1 + L2), VKEY, [W1, W2]).cosigned == expected
    assert verify_export(tmp_path, VKEY).cosigned == ()


@pytest.mark.parametrize(
    "lines",
    [
        "",
        L2,
        line("witness.example/w1", secret=bytes(32)),
        line("witness.example/w1", TEXT.replace("300", "301")),
        L1 + L1,
        L1[:-3] + "\n",
        L1.replace("w1", "w2"),
        line("witness.example/w1", at=2**63),
    ],
)
def test_what_the_witness_did_not_cosign_fails(tmp_path: Path, lines: str) -> None:
    write(tmp_path, exported(ENTRIES, NOTES | {300: NOTE + lines}))
    with pytest.raises(BadLog, match=r"not cosigned by witness.example/w1") as bad:
        verify_export(tmp_path, VKEY, witnesses=[W1])
    assert bad.value.index is None
    with pytest.raises(IntegrityFailure, match=r"not cosigned by witness.example/w1"):
        check_proof(proof(NOTE + lines), VKEY, [W1])


def test_the_time_is_signed_too(tmp_path: Path) -> None:
    value = bytearray(base64.b64decode(L1.split(" ")[2]))
    value[11] ^= 1
    changed = f"{L1.rpartition(' ')[0]} {base64.b64encode(value).decode()}\n"
    with pytest.raises(IntegrityFailure):
        check_proof(proof(NOTE + changed), VKEY, [W1])


def test_a_witness_alone_vouches_for_no_log(tmp_path: Path) -> None:
    with pytest.raises(IntegrityFailure, match="not signed by"):
        check_proof(proof(f"{TEXT}\n{L1}"), VKEY, [W1])


@pytest.mark.parametrize("key", [VKEY, "", W1.replace("w1", "w2"), W1[:-4]])
def test_what_is_no_witness_key_is_malformed(tmp_path: Path, key: str) -> None:
    write(tmp_path, exported(ENTRIES, NOTES | {300: NOTE + L1}))
    with pytest.raises(Malformed):
        verify_export(tmp_path, VKEY, witnesses=[key])
    with pytest.raises(Malformed):
        check_proof(proof(NOTE + L1), VKEY, [key])
