"""What a log stores of its tree is the same in memory and in the database, and proofs come out of both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from spe.adapters.database.engine import migrate, open_database, writing
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.tables import HEAD, LOG
from spe.audit.merkle import CompactRange, inclusion_proof, leaf_hash, verify_inclusion
from spe.audit.nodes import Nodes
from spe.audit.tiles import Rows, StoredTiles
from tests.services.postgres import Server
from tests.unit.audit.stored_tiles import MemoryTiles

SIZE = 1337
ENTRIES = [b'{"n":%d}' % number for number in range(SIZE)]


@pytest.fixture(
    scope="module", params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.services)]
)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredTiles]:
    """Return a log of 1,337 entries with its full tiles."""
    if request.param == "memory":
        yield MemoryTiles(ENTRIES)
        return
    url = f"sqlite:///{tmp_path_factory.mktemp('log')}/spe.db"
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.url(server.made())
    engine = open_database(url)
    migrate(engine)
    rows, tree = Rows(), CompactRange().extend(map(leaf_hash, ENTRIES))
    tiles = [tile for entry in ENTRIES for tile in rows.add(leaf_hash(entry))]
    with writing(engine) as connection:
        connection.execute(insert(LOG), [{"index": at, "entry": entry} for at, entry in enumerate(ENTRIES)])
        connection.execute(insert(HEAD), {"id": 1, "size": SIZE, "range": tree.serialise()})
    stored = DatabaseLog(engine)
    stored.keep_checkpoint(stored.begin_signing(), SIZE, "", tiles)
    yield stored
    engine.dispose()


def test_a_full_tile_is_there_and_one_that_is_not_full_is_not(log: StoredTiles) -> None:
    expected = b"".join(leaf_hash(entry) for entry in ENTRIES[256:512])
    assert log.tile(0, 1) == expected
    assert [log.tile(0, 5), log.tile(1, 0), log.tile(7, 0)] == [None, None, None]


def test_roots_come_in_order_as_far_as_there_are_full_tiles(log: StoredTiles) -> None:
    roots = [
        CompactRange().extend(map(leaf_hash, ENTRIES[at : at + 256])).root() for at in range(0, 1280, 256)
    ]
    assert log.tile_roots(0, 0, 5) == roots
    assert log.tile_roots(0, 1, 2) == roots[1:3]
    assert log.tile_roots(0, 3, 256) == roots[3:]
    assert log.tile_roots(1, 0, 256) == []


def test_entries_are_those_of_the_range(log: StoredTiles) -> None:
    assert list(log.entries(1280, 1283)) == list(enumerate(ENTRIES))[1280:1283]


@pytest.mark.parametrize("index", [0, 255, 256, 700, 1279, 1280, 1336])
def test_proofs_hold(log: StoredTiles, index: int) -> None:
    root = CompactRange().extend(map(leaf_hash, ENTRIES)).root()
    proof = inclusion_proof(index, SIZE, Nodes(log, SIZE).get)
    verify_inclusion(index, SIZE, leaf_hash(ENTRIES[index]), proof, root)
