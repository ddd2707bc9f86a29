"""What it costs not to believe us: a whole export, one proof, and how little a cold proof reads; prints ratios, never a gate.

`python -m tests.benchmarks.bench_verify [rounds] [entries]`. Arms run A-B-B-A with the calibration of `rounds.py`.

- An export of 256,000 entries: A is `spe audit verify` (tests the form of every entry, hashes, compares every tile and the
  root); B is the least that anybody could do who only wants the root: read each bundle, hash, fold. A of one whose form is
  known (`--state`) too. Then `entries` (1,000,000) once, by the process' own clock, with its peak of memory.
- A proof at 2^24 entries: A is the check of the path, ours that the log uses and the offline one; B hashes 24 times.
- Tiles that a cold proof reads, at 2^24 entries and at some sizes around it.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from spe.audit.change import Entry, Who
from spe.audit.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from spe.audit.encode import encode
from spe.audit.events import StaffRef, SubjectRef
from spe.audit.events.run import RunQueued
from spe.audit.export import export_files, write_export
from spe.audit.merkle import CompactRange, inclusion_proof, leaf_hash, verify_inclusion
from spe.audit.nodes import Nodes
from spe.audit.verify import verify_export
from spe.audit.verify_note import Head
from spe.audit.verify_proof import _root
from spe.audit.writes import Write
from tests.benchmarks.rounds import ROUNDS, Rounds, calibrated, seconds
from tests.unit.audit.signed_log import KEY, VKEY
from tests.unit.audit.stored_tiles import SameEntryTiles, same_entry_root

ENTRIES, SMALL = 1_000_000, 256_000
CHECKS = 20_000
AT, SIZE = 9_999_999, 2**24
AIM_RATE, AIM_SECONDS, AIM_PROOF, AIM_TILES = 100_000, 60, 0.7, 3


class Sealed:
    """Identities as long as real ones."""

    def seal_staff(self, staff: StaffRef) -> str:
        return sha256(staff.encode()).hexdigest() * 2

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        return sha256(subject.encode() + nonce.encode()).hexdigest()

    def digest_record(self, table: str, id_: str) -> str:
        return sha256(table.encode() + id_.encode()).hexdigest()[:32]


def entries(count: int) -> Iterator[bytes]:
    """Yield entries as the application writes them, each with another nonce."""
    event = RunQueued(f"rn-{7:020}", f"pm-{7:020}", "hospital-milano", f"co-{7:020}", "real")
    who = Who(StaffRef("anna.ricci"), "uni-bologna", "data_user")
    writes = (Write("run", 1, "a" * 32, "b" * 64),)
    one = encode(Entry(who, event, datetime(2026, 3, 1, tzinfo=UTC), "c" * 64), Sealed(), writes)
    before, mark, after = one.partition(b'"nonce":"')
    for number in range(count):
        yield b"%s%s%032x%s" % (before, mark, number, after[32:])


def exported(folder: Path, count: int) -> Path:
    tree = CompactRange().extend(map(leaf_hash, entries(count)))
    note = sign_checkpoint(Checkpoint(KEY.public.name, count, tree.root()), KEY)
    write_export(folder, export_files(entries(count), {count: note}))
    return folder


def bare_root(folder: Path) -> bytes:
    """Return the root over the bundles, and look at nothing else."""
    paths = sorted(path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())
    stack: list[tuple[int, bytes]] = []
    for path in paths:
        row = [sha256(b"\0" + entry).digest() for entry in unframed(path.read_bytes())]
        while len(row) > 1:
            row = [sha256(b"\1" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
        level, node = 0, row[0]
        while stack and stack[-1][0] == level:
            level, node = level + 1, sha256(b"\1" + stack.pop()[1] + node).digest()
        stack.append((level, node))
    root = stack.pop()[1]
    while stack:
        root = sha256(b"\1" + stack.pop()[1] + root).digest()
    return root


def unframed(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + 2 + (data[at] << 8) + data[at + 1]
        yield data[at + 2 : end]
        at = end


def whole_export(folder: Path, rounds: int) -> Rounds:
    small, state = exported(folder / "small", SMALL), folder / "state"
    verified = verify_export(small, VKEY, state=state)
    note = (small / "checkpoint").read_text()
    assert verified.root == bare_root(small) == open_checkpoint(note, KEY.public).root
    arms: list[Callable[[], float]] = [
        lambda: SMALL / seconds(lambda: verify_export(small, VKEY)),
        lambda: SMALL / seconds(lambda: bare_root(small)),
        lambda: SMALL / seconds(lambda: verify_export(small, VKEY, state=state)),
    ]
    found = calibrated(arms, rounds, disk=False)
    print(f"verify {SMALL:,} entries of {len(next(entries(1)))} bytes: {found}")
    print(f"  everything / bare hashing of the bundles: {found.ratio(0, 1)}")
    print(f"  with a state that knows the form / without: {found.ratio(2, 0)}")
    return found


def million(folder: Path, count: int) -> None:
    large = exported(folder / "large", count)
    began, clock = time.process_time(), time.perf_counter()
    assert verify_export(large, VKEY).size == count
    used, took = time.process_time() - began, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"verify {count:,} entries once: {used:.1f} s of one core ({took:.1f} s by the wall), peak {peak} MB"
    )
    print(f"  {count / used:,.0f} entries a second and core (aim {AIM_RATE:,}), aim under {AIM_SECONDS} s")


def one_proof(rounds: int) -> Rounds:
    log = SameEntryTiles()
    proof, leaf = inclusion_proof(AT, SIZE, Nodes(log, SIZE).get), leaf_hash(log.ENTRY)
    root = same_entry_root(SIZE)
    head, hashes = Head("o", SIZE, root), list(proof)

    def bare() -> bytes:
        seen = leaf
        for bit, part in enumerate(proof):
            joined = b"\1" + part + seen if AT >> bit & 1 else b"\1" + seen + part
            seen = sha256(joined).digest()
        return seen

    assert bare() == root == _root(leaf, AT, head, hashes)
    verify_inclusion(AT, SIZE, leaf, proof, root)

    def rate(check: Callable[[], object]) -> Callable[[], float]:
        def measured() -> float:
            return CHECKS / seconds(lambda: [check() for _ in range(CHECKS)])

        return measured

    arms = [
        rate(lambda: verify_inclusion(AT, SIZE, leaf, proof, root)),
        rate(bare),
        rate(lambda: _root(leaf, AT, head, hashes) == root),
    ]
    found = calibrated(arms, rounds, disk=False)
    print(f"check a proof at {SIZE:,} entries, {len(proof)} hashes: {found}")
    print(f"  the log's own check / bare hash loop: {found.ratio(0, 1)} (aim {AIM_PROOF})")
    print(f"  the offline check / bare hash loop: {found.ratio(2, 1)} (aim {AIM_PROOF})")
    return found


def tile_reads() -> None:
    dice = random.Random(1)
    for size in (SIZE, 16_700_000, SIZE - 1, SIZE + 1):
        tiles, edges = 0, 0
        for _ in range(200):
            log, index = SameEntryTiles(), dice.randrange(size)
            proof = inclusion_proof(index, size, Nodes(log, size).get)
            verify_inclusion(index, size, leaf_hash(log.ENTRY), proof, same_entry_root(size))
            full = sum(read.startswith("tile") for read in log.reads)
            tiles, edges = max(tiles, full), max(edges, len(log.reads) - full)
        print(
            f"cold proofs at {size:,}: at most {tiles} tiles (aim {AIM_TILES}), {edges} reads of the right edge"
        )


def main(rounds: int, count: int) -> None:
    """Measure all four, then say which of them the machine was too unsteady for."""
    with tempfile.TemporaryDirectory() as name:
        export = whole_export(Path(name), rounds)
        million(Path(name), count)
    proof = one_proof(rounds)
    tile_reads()
    export.check()
    proof.check()


if __name__ == "__main__":
    chosen = [int(word) for word in sys.argv[1:]]
    main(*[*chosen, *(ROUNDS, ENTRIES)[len(chosen) :]])
