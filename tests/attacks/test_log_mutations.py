"""A thousand changed exports: none verifies, and each failure names the first bad index.

The attacker may change any file but has no key. Where stored hashes are changed along with entries so that nothing
signed reaches the entry any more, the named range must hold the first bad entry and be no wider than the two signed
checkpoints around it.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

import pytest

from spe.audit.export import export_files
from spe.audit.verify import BadLog, verify_export
from tests.unit.audit.signed_log import VKEY, checkpoints, entry, exported, write

SIZE = 530
ENTRIES = [entry(number) for number in range(SIZE)]
SIGNED = [0, 100, 256, 300, 512, SIZE]
NOTES = checkpoints(ENTRIES, SIGNED)
FILES = exported(ENTRIES, NOTES)
ROUNDS = 80

Dice = random.Random
Changed = tuple[dict[str, bytes], int]


def bundles(entries: list[bytes]) -> dict[str, bytes]:
    """Return the bundles' files under the names that a log of the true size has, however many entries they hold."""
    framed = [len(data).to_bytes(2, "big") + data for data in entries]
    names = [("000", 0, 256), ("001", 256, 512), (f"002.p/{SIZE - 512}", 512, len(framed))]
    return {f"tile/entries/{name}": b"".join(framed[start:end]) for name, start, end in names}


def rewritten(entries: list[bytes]) -> dict[str, bytes]:
    """Return all bundles and tiles of other entries, consistent with each other."""
    files = export_files(entries, {len(entries): ""})
    return {file.path: file.data for file in files if file.path.startswith("tile")}


def edited(dice: Dice) -> tuple[list[bytes], int]:
    """Change one character of one entry."""
    at = dice.randrange(SIZE)
    data = bytearray(ENTRIES[at])
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(7)
    return [*ENTRIES[:at], bytes(data), *ENTRIES[at + 1 :]], at


def deleted(dice: Dice) -> tuple[list[bytes], int]:
    """Leave one entry out."""
    at = dice.randrange(SIZE)
    return [*ENTRIES[:at], *ENTRIES[at + 1 :]], at


def swapped(dice: Dice) -> tuple[list[bytes], int]:
    """Exchange two entries."""
    first, second = sorted(dice.sample(range(SIZE), 2))
    moved = ENTRIES.copy()
    moved[first], moved[second] = moved[second], moved[first]
    return moved, first


def repeated(dice: Dice) -> tuple[list[bytes], int]:
    """Put one entry in twice; repeating the last adds an entry behind the tree's end."""
    at = dice.randrange(SIZE)
    return [*ENTRIES[: at + 1], *ENTRIES[at:]], at + 1


def truncated(dice: Dice) -> tuple[list[bytes], int]:
    """Leave out everything from some entry on."""
    at = dice.randrange(SIZE)
    return ENTRIES[:at], at


def replaced(dice: Dice) -> tuple[list[bytes], int]:
    """Leave one entry out and add an invented one at the end, so that the size stays."""
    entries, at = deleted(dice)
    return [*entries, entry(10_000 + at)], at


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a good export."""
    return write(tmp_path_factory.mktemp("log"), FILES)


def blamed(folder: Path, changed: dict[str, bytes]) -> BadLog:
    """Verify with these files changed, and put them back."""
    write(folder, changed)
    with pytest.raises(BadLog) as bad:
        verify_export(folder, VKEY)
    for path in changed.keys() - FILES.keys():
        (folder / path).unlink()
    write(folder, {path: FILES[path] for path in changed if path in FILES})
    return bad.value


def test_the_export_itself_verifies(folder: Path) -> None:
    assert verify_export(folder, VKEY).size == SIZE


@pytest.mark.parametrize("change", [edited, deleted, swapped, repeated, truncated, replaced])
def test_changed_entries_are_named_exactly(
    folder: Path, change: Callable[[Dice], tuple[list[bytes], int]]
) -> None:
    dice = Dice(change.__name__)
    for _ in range(ROUNDS):
        entries, index = change(dice)
        bad = blamed(folder, bundles(entries))
        assert (bad.index, bad.exact) == (index, True)


@pytest.mark.parametrize("change", [edited, swapped, replaced])
def test_entries_changed_with_all_their_hashes_are_bracketed_by_signed_checkpoints(
    folder: Path, change: Callable[[Dice], tuple[list[bytes], int]]
) -> None:
    dice = Dice(change.__name__)
    for _ in range(ROUNDS):
        entries, index = change(dice)
        bad = blamed(folder, rewritten(entries))
        after = bisect_right(SIGNED, index)
        assert (bad.index, bad.before) == (SIGNED[after - 1], SIGNED[after])


def test_entries_changed_with_some_of_their_hashes_stay_inside_the_named_range(folder: Path) -> None:
    dice = Dice("some")
    for _ in range(ROUNDS):
        entries, index = edited(dice)
        every = {**bundles(entries), **rewritten(entries)}
        tiles = [path for path in every if "entries" not in path and every[path] != FILES[path]]
        kept = dice.sample(tiles, dice.randrange(len(tiles)))
        bad = blamed(folder, {path: data for path, data in every.items() if path not in kept})
        after = bisect_right(SIGNED, index)
        assert bad.index is not None
        assert bad.before is not None
        assert SIGNED[after - 1] <= bad.index <= index < bad.before <= SIGNED[after]


def test_flipped_bits_of_any_file_are_found_and_placed(folder: Path) -> None:
    dice = Dice("flip")
    for _ in range(ROUNDS * 3):
        path = dice.choice(sorted(FILES))
        data = bytearray(FILES[path])
        at = dice.randrange(len(data))
        data[at] ^= 1 << dice.randrange(8)
        bad = blamed(folder, {path: bytes(data)})
        assert bad.index == _expected(path, at)


def _expected(path: str, at: int) -> int | None:
    if path.startswith("checkpoint"):
        return None
    if path.startswith("tile/1"):
        return at // 32 * 256
    start = int(path.split("/")[2][:3]) * 256
    if path.startswith("tile/0"):
        return start + at // 32
    ends = [0]
    for data in ENTRIES[start : start + 256]:
        ends.append(ends[-1] + 2 + len(data))
    return start + bisect_right(ends, at) - 1


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_missing_file_is_found_unless_it_is_an_older_checkpoint(folder: Path, path: str) -> None:
    (folder / path).unlink()
    try:
        if path.startswith("checkpoints/"):
            assert verify_export(folder, VKEY).size == SIZE
            return
        with pytest.raises(BadLog) as bad:
            verify_export(folder, VKEY)
        assert bad.value.index == _expected(path, 0)
    finally:
        write(folder, {path: FILES[path]})


def test_going_back_to_an_older_checkpoint_is_found_by_the_newer_one_beside_it(folder: Path) -> None:
    for size in SIGNED[:-1]:
        older = exported(ENTRIES[:size], {size: NOTES[size]})
        assert blamed(folder, older).index == size
