"""The verifier on whole exports, and on what no key should vouch for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from spe.audit import export
from spe.audit.export import export_files, spaced_sizes, write_export
from spe.audit.merkle import CompactRange
from spe.audit.verify import BadLog, verify_export
from spe.crypto import ed25519
from spe.crypto.note import assemble, signature_line
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import Conflict, Malformed
from tests.unit.audit.signed_log import KEY, VKEY, checkpoints, entry, exported, write

ENTRIES = [entry(number) for number in range(600)]
NOTES = checkpoints(ENTRIES, [0, 1, 255, 256, 257, 400, 512])


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 600])
def test_an_export_of_every_shape_verifies(tmp_path: Path, size: int) -> None:
    notes = checkpoints(ENTRIES[:size], range(0, size, 100))
    write_export(tmp_path / "log", export_files(iter(ENTRIES[:size]), notes))
    verified = verify_export(tmp_path / "log", VKEY)
    leaves = [hashlib.sha256(b"\0" + data).digest() for data in ENTRIES[:size]]
    assert (verified.size, verified.checkpoints) == (size, len(notes))
    assert verified.origin == "spe.example/checkpoint"
    assert verified.root == CompactRange().extend(leaves).root()


def test_the_layout_is_that_of_c2sp_tiles(tmp_path: Path) -> None:
    files = exported(ENTRIES, NOTES)
    tiles = {
        path: len(data) for path, data in files.items() if not path.startswith(("checkpoint", "tile/entries"))
    }
    assert tiles == {
        "tile/0/000": 8192,
        "tile/0/001": 8192,
        "tile/0/002.p/88": 88 * 32,
        "tile/1/000.p/2": 64,
    }
    assert {path for path in files if "entries" in path} == {
        *("tile/entries/000", "tile/entries/001", "tile/entries/002.p/88")
    }
    assert files["tile/entries/000"].startswith(len(ENTRIES[0]).to_bytes(2, "big") + ENTRIES[0])
    assert files["checkpoint"] == files["checkpoints/600"]
    assert export.tile_path("0", 1234067) == "tile/0/x001/x234/067"
    assert export.tile_path("entries", 1000, 7) == "tile/entries/x001/000.p/7"


def test_a_log_with_three_levels_of_tiles_verifies_and_is_searched_in_all(tmp_path: Path) -> None:
    entries = [b'{"n":%d}' % number for number in range(65536 + 256 + 3)]
    files = exported(entries, checkpoints(entries, [300, 65536]))
    write(tmp_path, files)
    steps: list[tuple[int, int]] = []
    assert verify_export(tmp_path, VKEY, progress=lambda *step: steps.append(step)).size == 65795
    assert (steps[0], steps[-1]) == ((256, 65795), (65795, 65795))
    changed = {}
    bundle = bytearray(files["tile/entries/200"])
    bundle[bundle.index(b"51300") + 1] ^= 1
    changed["tile/entries/200"] = bytes(bundle)
    assert _first_bad(tmp_path, files, changed) == (51300, 51301)
    changed["tile/0/200"] = bytes(8192)
    assert _first_bad(tmp_path, files, changed) == (200 * 256, 201 * 256)
    changed["tile/1/000"] = bytes(8192)
    assert _first_bad(tmp_path, files, changed) == (300, 65536)
    assert _first_bad(tmp_path, files, {"tile/1/000": bytes(8192)}) == (0, 256)
    assert _first_bad(tmp_path, files, {"tile/2/000.p/1": bytes(32)}) == (0, 65536)


def _first_bad(
    folder: Path, files: dict[str, bytes], changed: dict[str, bytes]
) -> tuple[int | None, int | None]:
    write(folder, files | changed)
    with pytest.raises(BadLog) as bad:
        verify_export(folder, VKEY)
    write(folder, files)
    return bad.value.index, bad.value.before


def test_another_key_vouches_for_nothing(tmp_path: Path) -> None:
    write(tmp_path, exported(ENTRIES, NOTES))
    for origin in ("spe.example", "another.example"):
        other = SigningKey(StatementKind.CHECKPOINT, origin, bytes(32)).public.text()
        with pytest.raises(BadLog, match="not signed by") as bad:
            verify_export(tmp_path, other)
        assert bad.value.index is None


@pytest.mark.parametrize(
    "key", ["", "a", "a+b+c", VKEY[:-4], VKEY.replace("+", "+0", 1), "a+00000000+" + "A" * 44]
)
def test_a_text_that_is_no_key_is_malformed(tmp_path: Path, key: str) -> None:
    with pytest.raises(Malformed):
        verify_export(tmp_path, key)


def test_a_missing_folder_fails(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="checkpoint"):
        verify_export(tmp_path / "none", VKEY)


def test_an_older_export_passes_unless_the_auditor_has_seen_a_newer_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, exported(ENTRIES[:256], {size: NOTES[size] for size in (1, 256)}))
    assert verify_export(tmp_path, VKEY, seen=NOTES[1].encode()).size == 256
    with pytest.raises(BadLog, match="more entries") as bad:
        verify_export(tmp_path, VKEY, seen=NOTES[600].encode())
    assert bad.value.index == 256


def test_two_signed_histories_are_told_apart(tmp_path: Path) -> None:
    forked = checkpoints([*ENTRIES[:300], *ENTRIES[301:], ENTRIES[300]], [400])
    write(tmp_path, exported(ENTRIES, NOTES | {400: forked[400]}))
    with pytest.raises(BadLog, match="another history") as bad:
        verify_export(tmp_path, VKEY)
    assert (bad.value.index, bad.value.before) == (257, 400)
    write(tmp_path, exported(ENTRIES, NOTES))
    with pytest.raises(BadLog, match="another history"):
        verify_export(tmp_path, VKEY, seen=forked[600].encode())


@pytest.mark.parametrize(
    "odd",
    [
        *(b"", b"[]", b"1", b"{}{}", b' {"a":1}', b'{"a":1} ', b'{"a":1,"a":1}', b'{"b":1,"a":1}', b"\xff"),
        *(b'{"a":1.0}', b'{"a":1e-07}', b'{"a":9007199254740992}', b'{"a":NaN}', b'{"a":-0}'),
        *(b'{"a":"\\u0041"}', b'{"a":"\\ud800"}'),
        *(b'{"a":' * 9000, b'{"a":1', b'"b":2}', '{"\ue000":1,"\U00010000":2}'.encode(), b'{"a":1e999}'),
    ],
)
def test_a_signed_entry_that_is_not_canonical_json_is_named(tmp_path: Path, odd: bytes) -> None:
    entries = [*ENTRIES[:299], odd, *ENTRIES[299:310]]
    write(tmp_path, exported(entries, checkpoints(entries, [])))
    with pytest.raises(BadLog, match="first bad entry 299: the entry is not canonical JSON"):
        verify_export(tmp_path, VKEY)


def test_canonical_entries_of_rare_shape_pass(tmp_path: Path) -> None:
    rare = [
        '{"\U00010000":2,"\ue000":1}',
        '{"a":[0.5,1e-7,1e+21]}',
        '{"a":"\x7f\u2028\u00e9"}',
        "{}",
        '{"":[true,null]}',
    ]
    entries = [text.encode() for text in rare]
    write(tmp_path, exported(entries, checkpoints(entries, [])))
    assert verify_export(tmp_path, VKEY).size == 5


def test_files_without_a_place_in_the_tree_are_refused(tmp_path: Path) -> None:
    write(tmp_path, exported(ENTRIES, NOTES) | {"tile/entries/003": b"\x00\x02{}"})
    with pytest.raises(BadLog, match="no place") as bad:
        verify_export(tmp_path, VKEY)
    assert bad.value.index == 600


@pytest.mark.parametrize("path", ["checkpoint", "tile/entries/001", "tile/0/001"])
def test_links_and_pipes_are_never_followed(tmp_path: Path, path: str) -> None:
    write(tmp_path / "log", exported(ENTRIES, NOTES))
    (tmp_path / "log" / path).rename(tmp_path / "elsewhere")
    (tmp_path / "log" / path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadLog):
        verify_export(tmp_path / "log", VKEY)
    (tmp_path / "log" / path).unlink()
    os.mkfifo(tmp_path / "log" / path)
    with pytest.raises(BadLog):
        verify_export(tmp_path / "log", VKEY)


def test_a_misnamed_checkpoint_is_refused(tmp_path: Path) -> None:
    write(tmp_path, exported(ENTRIES, NOTES) | {"checkpoints/300": NOTES[256].encode()})
    with pytest.raises(BadLog, match="checkpoints/300"):
        verify_export(tmp_path, VKEY)


def test_export_refuses_what_does_not_fit(tmp_path: Path) -> None:
    wrong = [(ENTRIES[:599], NOTES), ([*ENTRIES, b"{}"], NOTES), (ENTRIES, {}), ([b"x" * 65536], NOTES)]
    for entries, notes in wrong:
        with pytest.raises(Malformed):
            list(export_files(entries, notes))
    write_export(tmp_path, export_files(ENTRIES, NOTES))
    with pytest.raises(Conflict):
        write_export(tmp_path, export_files(ENTRIES, NOTES))


def test_spaced_sizes_halve_their_distance_to_the_newest() -> None:
    assert spaced_sizes(0) == (0,)
    assert spaced_sizes(1) == (1,)
    assert spaced_sizes(100) == (50, 75, 88, 94, 97, 99, 100)


def test_the_verifier_shares_no_code_with_the_writer() -> None:
    root = Path(__file__).parents[3] / "spe" / "audit"
    sources = "".join(path.read_text() for path in root.glob("verify*.py"))
    ours = {line for line in sources.splitlines() if line.startswith(("from spe", "import spe"))}
    allowed = ("from spe.audit.verify_", "from spe.crypto import ed25519", "from spe.errors import")
    assert {line for line in ours if not line.startswith(allowed)} == set()


@pytest.mark.parametrize("junk", [b"\x00", b"\xff\xff{", b"\x00\x02{}"])
@pytest.mark.parametrize(("path", "index"), [("tile/entries/000", 256), ("tile/entries/002.p/88", 600)])
def test_bytes_behind_the_last_entry_of_a_bundle_are_found(
    tmp_path: Path, path: str, index: int, junk: bytes
) -> None:
    files = exported(ENTRIES, NOTES)
    write(tmp_path, files)
    assert _first_bad(tmp_path, files, {path: files[path] + junk}) == (index, index + 1)


def test_a_checkpoint_of_another_log_is_refused_although_the_key_signed_it(tmp_path: Path) -> None:
    text = "another.example/checkpoint\n" + NOTES[600].split("\n\n")[0].split("\n", 1)[1] + "\n"
    line = signature_line(KEY.public, ed25519.sign(bytes(range(32)), text.encode()))
    write(tmp_path, exported(ENTRIES, NOTES) | {"checkpoint": assemble(text, (line,)).encode()})
    with pytest.raises(BadLog, match="not a checkpoint of"):
        verify_export(tmp_path, VKEY)
