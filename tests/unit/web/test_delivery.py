from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from spe.catalogue.model import Dataset, DatasetKind, DatasetStatus, Identifiability
from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.errors import Malformed
from spe.web.bodies import parse_json
from spe.web.routes import catalogue
from tests.unit.web.served import World

ROWS = b"patient,age\n" + b"".join(b"S%05d,%d\n" % (at, 40 + at % 40) for at in range(5000))
ENTRY = Dataset(
    id="gbsg2-milano",
    holder="hospital-milano",
    organisation="hospital-milano",
    title="GBSG2",
    description="a block",
    country="IT",
    kind=DatasetKind.TABLE,
    identifiability=Identifiability.PSEUDONYMISED,
    duo=(),
    purposes=("e",),
    subject_field="patient",
    variables=(
        Variable("patient", "pseudonym", VariableType.CATEGORY, VariableGroup.SUBJECT),
        Variable("age", "age in years", VariableType.INTEGER, VariableGroup.DEMOGRAPHIC, low=0, high=120),
    ),
)


@dataclass
class Shelf:
    """A vault that keeps what was put whole, and remembers how it came."""

    kept: dict[str, bytes] = field(default_factory=dict)
    pieces: int = 0

    def put(self, name: str, _scope: str, chunks: Iterable[bytes]) -> str:
        data = b"".join(self._counted(chunks))
        self.kept[name] = data
        return sha256(data).hexdigest()

    def create(self, _scope: str) -> None:
        return

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.pieces += 1
            yield chunk


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def world(shelf: Shelf) -> World:
    made = World(vault=shelf, keys=shelf)
    from spe.values import to_data

    body = {
        key: value for key, value in to_data(ENTRY).items() if key not in {"status", "subjects", "sha256"}
    }
    assert made.post("/v1/datasets", body, persona="giulia.conti").status_code == 201
    return made


def announced(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(sha256(data).digest()).decode()}:"


def deliver(world: World, sent: Any, digest: str, key: str = "") -> Any:
    headers = world.headers("giulia.conti", key, **{"Content-Type": "text/csv", "Content-Digest": digest})
    return world.client.post("/v1/datasets/gbsg2-milano/data", content=sent, headers=headers)


def test_a_delivery_is_kept_by_its_digest(world: World, shelf: Shelf) -> None:
    answer = deliver(world, ROWS, announced(ROWS))
    assert (answer.status_code, answer.json()["status"]) == (200, "available")
    stored = world.store.get(Dataset, "gbsg2-milano")
    assert stored is not None
    assert (stored.value.status, stored.value.subjects) == (DatasetStatus.AVAILABLE, 5000)
    assert list(shelf.kept.values()) == [ROWS]


def test_bytes_that_are_not_those_announced_are_never_kept(world: World, shelf: Shelf) -> None:
    answer = deliver(world, ROWS, announced(ROWS + b"x"))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:spe:problem:integrity-failure")
    assert shelf.kept == {}
    assert world.store.types() == ["catalogue.registered", "api.answered"]


@pytest.mark.parametrize(
    "digest", ["", "sha-256=:x:", "sha-512=:" + "A" * 43 + "=:", "sha-256=" + "A" * 43 + "=", "md5=:AAAA:"]
)
def test_a_delivery_without_a_digest_is_refused_unread(world: World, shelf: Shelf, digest: str) -> None:
    assert deliver(world, ROWS, digest).status_code == 400
    assert shelf.pieces == 0


def test_a_delivery_that_is_too_large_is_refused_on_the_way(
    world: World, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = next(one for one in world.app.routes if getattr(one, "name", "") == "deliver")
    body = next(one.call for one in route.dependant.dependencies if hasattr(one.call, "_limit"))  # type: ignore[attr-defined]
    monkeypatch.setattr(body, "_limit", 5000)
    answer = deliver(world, ROWS, announced(ROWS))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:spe:problem:too-large")
    assert shelf.kept == {}
    assert catalogue.DELIVERY_LIMIT > 1 << 30


def test_a_repeated_delivery_hears_the_same_and_seals_nothing(world: World, shelf: Shelf) -> None:
    first = deliver(world, ROWS, announced(ROWS), "the-same-key")
    pieces = shelf.pieces
    second = deliver(world, ROWS, announced(ROWS), "the-same-key")
    assert (second.json(), shelf.pieces) == (first.json(), pieces)
    assert deliver(world, b"other", announced(b"other"), "the-same-key").status_code == 422


def test_a_line_that_the_codebook_does_not_admit_is_named(world: World, shelf: Shelf) -> None:
    bad = ROWS + b"S9,older\n"
    answer = deliver(world, bad, announced(bad))
    assert (answer.status_code, "5002" in answer.json()["detail"]) == (400, True)
    assert shelf.kept == {}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 30,
        b'{"a":1,"a":1}',
        b"\xff",
        b"[" * 100_000,
        b"nul",
        b"'a'",
    ],
)
def test_json_that_others_would_read_differently_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"1", 1), (b' {"a": [1.5, null]} ', {"a": [1.5, None]}), (b"-9007199254740991", -(2**53 - 1))],
)
def test_plain_json_is_read_as_it_is(data: bytes, value: Any) -> None:
    assert parse_json(data) == value
