"""Writes witness.json: cosignatures and requests by the letter of C2SP tlog-cosignature and tlog-witness.

Everything is put together here from SHA-256, base64 and Ed25519 alone; nothing of the program is imported. The log's
leaves and roots are those of make_merkle.py.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MERKLE = json.loads(Path(__file__).with_name("merkle.json").read_text("utf-8"))
LOG = ("log.example/vectors", bytes(range(32)), b"\x01")
WITNESSES = [
    ("witness.example/w1", bytes(range(1, 33)), b"\x04"),
    ("w\u00e9.example", bytes(range(2, 34)), b"\x04"),
]
TIMES = [0, 1, 1_700_000_000, 2**63 - 1]

Signer = tuple[str, bytes, bytes]


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def key(signer: Signer) -> bytes:
    """Return the algorithm's byte and the public key."""
    return signer[2] + Ed25519PrivateKey.from_private_bytes(signer[1]).public_key().public_bytes_raw()


def key_id(signer: Signer) -> bytes:
    return sha256(signer[0].encode() + b"\n" + key(signer)).digest()[:4]


def vkey(signer: Signer) -> str:
    return f"{signer[0]}+{key_id(signer).hex()}+{base64(key(signer))}"


def line(signer: Signer, value: bytes) -> str:
    return f"\u2014 {signer[0]} {base64(key_id(signer) + value)}\n"


def checkpoint(size: int) -> str:
    """Return the three lines that are signed."""
    return f"{LOG[0]}\n{size}\n{base64(bytes.fromhex(MERKLE['roots'][size]))}\n"


def signed(size: int) -> str:
    body = checkpoint(size)
    signature = Ed25519PrivateKey.from_private_bytes(LOG[1]).sign(body.encode())
    return f"{body}\n{line(LOG, signature)}"


def cosigned(witness: Signer, size: int, time: int) -> str:
    message = f"cosignature/v1\ntime {time}\n{checkpoint(size)}".encode()
    signature = Ed25519PrivateKey.from_private_bytes(witness[1]).sign(message)
    return line(witness, time.to_bytes(8, "big") + signature)


def request(old: int, size: int) -> str:
    proofs = {(first, second): path for first, second, path in MERKLE["consistency"]}
    hashes = proofs.get((old, size), [])
    lines = "".join(f"{base64(bytes.fromhex(one))}\n" for one in hashes)
    return f"old {old}\n{lines}\n{signed(size)}"


def vectors() -> dict[str, object]:
    return {
        "log": {"seed": LOG[1].hex(), "vkey": vkey(LOG)},
        "witnesses": [{"name": one[0], "seed": one[1].hex(), "vkey": vkey(one)} for one in WITNESSES],
        "cosignatures": [
            {
                "witness": one[0],
                "size": size,
                "time": time,
                "text": checkpoint(size),
                "line": cosigned(one, size, time),
            }
            for one in WITNESSES
            for size in (0, 1, 8)
            for time in TIMES
        ],
        "requests": [
            {"old": old, "size": size, "body": request(old, size)}
            for size in range(1, 9)
            for old in range(size + 1)
        ],
    }


if __name__ == "__main__":
    Path(__file__).with_name("witness.json").write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
