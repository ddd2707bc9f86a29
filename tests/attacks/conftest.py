"""A store in whatever mood, and our side of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.adapters.journal import Journal
from spe.adapters.objects import SealedObjects
from spe.adapters.s3_store import S3Store
from spe.crypto.key_files import KeyFiles
from tests.hostile_store import SCOPE, HostileStore, hostile_store


@pytest.fixture
def hostile() -> Iterator[HostileStore]:
    with hostile_store() as store:
        yield store


@pytest.fixture
def ours(hostile: HostileStore) -> Iterator[S3Store]:
    with hostile.store() as store:
        yield store


@pytest.fixture
def vault(ours: S3Store, tmp_path: Path) -> SealedObjects:
    keys = KeyFiles(tmp_path / "keys", bytes(range(32)))
    keys.create(SCOPE)
    return SealedObjects(ours, keys, Journal(tmp_path / "journals", "openings"))
