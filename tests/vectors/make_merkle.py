"""Writes merkle.json: roots and proofs of small trees, straight from the recursive definitions of RFC 6962, 2.1.

The eight leaves and their roots are those of the test tree that Certificate Transparency implementations share; the
roots are typed in below, and the script stops if the definitions disagree with them.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << max(power for power in range(size) if 1 << power < size)


def root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1."""
    if len(leaves) < 2:
        return sha256(b"\x00" + leaves[0]).digest() if leaves else sha256(b"").digest()
    middle = split(len(leaves))
    return sha256(b"\x01" + root(leaves[:middle]) + root(leaves[middle:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*path(index, leaves[:middle]), root(leaves[middle:])]
    return [*path(index - middle, leaves[middle:]), root(leaves[:middle])]


def subproof(old: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    middle = split(len(leaves))
    if old <= middle:
        return [*subproof(old, leaves[:middle], whole), root(leaves[middle:])]
    return [*subproof(old - middle, leaves[middle:], False), root(leaves[:middle])]


def vectors() -> dict[str, object]:
    """Return all roots, all inclusion proofs and all consistency proofs of the eight leaves."""
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES]
    roots = [root(leaves[:size]).hex() for size in range(9)]
    if roots != KNOWN_ROOTS:
        raise SystemExit("the definitions do not give the known roots")
    pairs = [(old, new) for new in range(1, 9) for old in range(1, new + 1)]
    return {
        "leaves": LEAVES,
        "roots": roots,
        "inclusion": [[n, m, [h.hex() for h in path(n, leaves[:m])]] for m in range(1, 9) for n in range(m)],
        "consistency": [
            [old, new, [h.hex() for h in subproof(old, leaves[:new], True)]] for old, new in pairs
        ],
    }


if __name__ == "__main__":
    Path(__file__).with_name("merkle.json").write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")
