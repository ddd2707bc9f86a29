"""Changed sealed files, a thousand or a million of them: none opens, and each failure names the segment that was changed first."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spe.crypto.data_keys import NoDataKey
from spe.crypto.key_files import KeyFiles
from spe.crypto.sealed import HEADER_BYTES, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, BrokenSeal, seal, unseal

KEY = bytes(range(32))
PLAIN = random.Random(1).randbytes(3 * SEGMENT_BYTES + 1000)
SEALED = b"".join(seal([PLAIN], KEY, b"object-1"))
OTHER = b"".join(seal([PLAIN], KEY, b"object-1"))
HEADER, OTHER_HEADER = SEALED[:HEADER_BYTES], OTHER[:HEADER_BYTES]
STARTS = range(HEADER_BYTES, len(SEALED), SEALED_SEGMENT_BYTES)
SEGMENTS = [SEALED[start : start + SEALED_SEGMENT_BYTES] for start in STARTS]
OTHER_SEGMENTS = [OTHER[start : start + SEALED_SEGMENT_BYTES] for start in STARTS]

Mutation = tuple[bytes, int | None]


def joined(*segments: bytes, header: bytes = HEADER) -> bytes:
    """Return a file of these segments."""
    return header + b"".join(segments)


def flip(dice: random.Random) -> Mutation:
    """Flip one bit anywhere."""
    at = dice.randrange(len(SEALED))
    altered = bytearray(SEALED)
    altered[at] ^= 1 << dice.randrange(8)
    return bytes(altered), None if at < HEADER_BYTES else (at - HEADER_BYTES) // SEALED_SEGMENT_BYTES


def cut(dice: random.Random) -> Mutation:
    """Cut the file off anywhere."""
    end = dice.randrange(len(SEALED))
    behind = max(end - HEADER_BYTES - 1, 0)
    return SEALED[:end], None if end < HEADER_BYTES else behind // SEALED_SEGMENT_BYTES


def cut_at_edge(dice: random.Random) -> Mutation:
    """Cut the file off right behind a segment."""
    kept = dice.randrange(len(SEGMENTS))
    return joined(*SEGMENTS[:kept]), max(kept - 1, 0)


def drop(dice: random.Random) -> Mutation:
    """Leave one segment out."""
    at = dice.randrange(len(SEGMENTS))
    last = at == len(SEGMENTS) - 1
    return joined(*SEGMENTS[:at], *SEGMENTS[at + 1 :]), at - 1 if last else at


def swap(dice: random.Random) -> Mutation:
    """Exchange two segments."""
    first, second = sorted(dice.sample(range(len(SEGMENTS)), 2))
    moved = SEGMENTS.copy()
    moved[first], moved[second] = moved[second], moved[first]
    return joined(*moved), first


def repeat(dice: random.Random) -> Mutation:
    """Put one segment in twice."""
    at = dice.randrange(len(SEGMENTS))
    last = at == len(SEGMENTS) - 1
    return joined(*SEGMENTS[: at + 1], *SEGMENTS[at:]), at if last else at + 1


def trail(dice: random.Random) -> Mutation:
    """Append bytes."""
    return SEALED + dice.randbytes(dice.randrange(1, 100_000)), len(SEGMENTS) - 1


def transplant(dice: random.Random) -> Mutation:
    """Take one segment from another file of the same content, key and owner."""
    at = dice.randrange(len(SEGMENTS))
    return joined(*SEGMENTS[:at], OTHER_SEGMENTS[at], *SEGMENTS[at + 1 :]), at


def behead(_: random.Random) -> Mutation:
    """Put another file's header in front, itself a good header for this key and owner."""
    return joined(*SEGMENTS, header=OTHER_HEADER), 0


MUTATIONS = (flip, cut, cut_at_edge, drop, swap, repeat, trail, transplant, behead)


def refused(mutate: Callable[[random.Random], Mutation], dice: random.Random) -> None:
    """Change a file, and see it refused: at the right segment, with nothing given out from there on."""
    data, segment = mutate(dice)
    given_out: list[bytes] = []
    with pytest.raises(BrokenSeal) as broken:
        given_out.extend(unseal([data], KEY, b"object-1"))
    assert broken.value.segment == segment
    assert PLAIN.startswith(b"".join(given_out))
    assert len(b"".join(given_out)) == (segment or 0) * SEGMENT_BYTES


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_no_changed_file_opens_and_the_segment_is_named(mutate: Callable[[random.Random], Mutation]) -> None:
    dice = random.Random(mutate.__name__)
    for _ in range(112):
        refused(mutate, dice)


@pytest.mark.soak
def test_of_a_million_changed_files_none_opens() -> None:
    dice = random.Random(1)
    for _ in range(1_000_000):
        refused(dice.choice(MUTATIONS), dice)
    print(f"\nI7: 0 of 1,000,000 changed files opened, seed 1, {len(MUTATIONS)} kinds of change")


def test_no_key_serves_two_files_and_no_nonce_two_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[tuple[bytes, bytes]] = []

    class Noting:
        def __init__(self, key: bytes) -> None:
            self.key, self.cipher = key, AESGCM(key)

        def encrypt(self, nonce: bytes, data: bytes, bind: bytes) -> bytes:
            used.append((self.key, nonce))
            return self.cipher.encrypt(nonce, data, bind)

    monkeypatch.setattr("spe.crypto.sealed.AESGCM", Noting)
    for _ in range(500):
        for plain in (b"", b"the same", PLAIN):
            for _piece in seal([plain], KEY, b"object-1"):
                pass
    assert len(used) == 500 * (1 + 1 + len(SEGMENTS))
    assert len(set(used)) == len(used)


def test_with_its_key_shredded_a_kept_copy_opens_with_nothing_that_is_left(tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "keys", bytes(range(32)))
    others = [keys.create(f"permit/{at}") for at in range(50)]
    copy = b"".join(seal([PLAIN], keys.create("permit/gone"), b"object-1"))
    keys.destroy("permit/gone")
    with pytest.raises(NoDataKey):
        keys.create("permit/gone")
    left = [file.read_bytes() for file in (tmp_path / "keys").iterdir()]
    for key in (*others, bytes(32), bytes(range(32)), *(left_[-32:] for left_ in left if len(left_) >= 32)):
        with pytest.raises(BrokenSeal) as broken:
            list(unseal([copy], key, b"object-1"))
        assert broken.value.segment is None


def test_the_file_itself_opens() -> None:
    assert b"".join(unseal([SEALED], KEY, b"object-1")) == PLAIN
