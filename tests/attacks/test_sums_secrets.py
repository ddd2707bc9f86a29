"""H1: no byte of a secret key, of what covers it or of a share in anything that is sent, kept, shown, copied or dumped."""

from __future__ import annotations

import copy
import io
import json
import logging
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from numpy.typing import NDArray

from spe.crypto.sums import seal
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.errors import SpeError
from spe.federation.aggregate import Aggregate
from spe.federation.order import order
from spe.values import to_data
from tests.shape.tree import ROOT
from tests.summing import NOW, World, by_site

WINDOW = 12


LISTENING = """
import json, sys
from spe.crypto.sums import bfv, ceremony
import tenseal
heard = {}
generate, new_key = ceremony.generate, ceremony.new_key
def listened():
    public, secret = generate()
    heard["secret"] = secret.hex()
    whole = tenseal.context_from(public.context + bytes(secret))
    heard["copied"] = whole.copy().serialize(save_secret_key=True, save_galois_keys=False, save_relin_keys=False).hex()
    return public, secret
def covered():
    cover = new_key()
    heard["cover"] = cover.hex()
    return cover
ceremony.generate, ceremony.new_key = listened, covered
public, sealed, shares = ceremony.deal(3, 5)
heard |= {"public": public.context.hex(), "sealed": sealed.data.hex(), "shares": [one.reveal().hex() for one in shares]}
print(json.dumps(heard))
"""


@dataclass(frozen=True, slots=True)
class Caught:
    """A world whose ceremony was listened to: the secret half as it was, what `copy()` kept, the cover, the shares."""

    world: World
    secret: bytes
    copied: bytes
    cover: bytes

    def needles(self) -> Iterator[bytes]:
        """Yield pieces of every form that the secrets have."""
        dice, coefficients = random.Random(1), _coefficients(self.secret)
        start = 2 + self.secret[1] + 40
        for body in (self.secret[start:], coefficients):
            for _ in range(200):
                at = dice.randrange(len(body) - WINDOW)
                yield body[at : at + WINDOW]
        values = [share.point()[1] for share in self.world.made.shares.values()]
        for secret in (self.cover, *(value.to_bytes(66, "big") for value in values)):
            yield secret[-WINDOW:]
            yield secret[-WINDOW:][::-1]
            yield secret.hex().lstrip("0").encode()[:24]

    def found_in(self, *payloads: bytes) -> list[bytes]:
        """Return the needles that are in any of the payloads."""
        needles = list(self.needles())
        heads = np.array([int.from_bytes(needle[:4], "little") for needle in needles], np.uint32)
        return [found for payload in payloads for found in _found(payload, needles, heads)]


def _found(payload: bytes, needles: list[bytes], heads: NDArray[np.uint32]) -> Iterator[bytes]:
    """Yield the needles in a payload: first where four bytes are the beginning of one, at every alignment."""
    lookup = np.zeros(1 << 16, np.bool_)
    lookup[heads & 0xFFFF] = True
    for shift in range(min(4, len(payload))):
        words = np.frombuffer(payload, "<u4", (len(payload) - shift) // 4, shift)
        likely = np.flatnonzero(lookup[words & 0xFFFF])
        for at in likely[np.isin(words[likely], heads)]:
            start = 4 * int(at) + shift
            yield from (needle for needle in needles if payload.startswith(needle, start))


def _coefficients(secret: bytes) -> bytes:
    """Return the polynomial of the secret key, as it lies in memory."""
    start = secret.index(seal._MAGIC, 2 + secret[1])
    body = secret[start + 16 :]
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)[-(2 * 4096 * 8) :]


@pytest.fixture(scope="module")
def caught() -> Caught:
    done = subprocess.run(
        [sys.executable, "-c", LISTENING], capture_output=True, text=True, check=True, cwd=ROOT
    )
    heard = json.loads(done.stdout)
    shares = tuple(SecretShare.read(bytes.fromhex(one)) for one in heard["shares"])
    dealt = PublicSet(bytes.fromhex(heard["public"])), SealedSecret(bytes.fromhex(heard["sealed"])), shares
    secret, copied, cover = (bytes.fromhex(heard[name]) for name in ("secret", "copied", "cover"))
    return Caught(World(dealt=dealt), secret, copied, cover)


@pytest.fixture(scope="module")
def aggregate(caught: Caught) -> Aggregate:
    world = caught.world
    return world.collected(world.terms(), by_site())


def test_the_scan_finds_a_secret_where_there_is_one(caught: Caught) -> None:
    """Control: in what the library writes with its secret key, in its `copy()`, and in a share that is revealed."""
    for leaky in (caught.secret, caught.copied, _coefficients(caught.secret)):
        assert caught.found_in(leaky)
    assert caught.found_in(caught.world.made.shares["holder-1"].reveal())
    assert caught.found_in(b"key=" + caught.cover)


def test_no_payload_holds_a_byte_of_it(caught: Caught, aggregate: Aggregate) -> None:
    world = caught.world
    signed = order(aggregate, world.environment, NOW)
    replies = world.answers(signed)
    opened = world.opener.open(signed, aggregate.body, replies, world.made.key, NOW)
    key = world.made.key
    texts = [*aggregate.headers.values(), signed, *replies, *key.statements.values()]
    payloads = [key.public.context, key.sealed.data, aggregate.body]
    payloads += [world.contribution(world.terms(), "milano", by_site()["milano"]).to_bytes()]
    payloads += [(one.statement + one.signature).encode() for one in texts]
    payloads += [
        json.dumps(to_data(one), default=str).encode() for one in (*world.records["holder-1"].all(), opened)
    ]
    assert caught.found_in(*payloads) == []


def test_nothing_that_can_be_shown_copied_or_pickled_shows_it(
    caught: Caught, aggregate: Aggregate, caplog: pytest.LogCaptureFixture
) -> None:
    world = caught.world
    guarded: list[Any] = [world.made.shares["holder-1"], world.reader]
    open_to_all: list[Any] = [world.made.key, world.made.terms, aggregate, world.directory, world.encryptor]
    carriers = [world.held["holder-1"], world.made, world.holder("holder-1"), world.opener]
    with caplog.at_level(logging.DEBUG):
        for one in (*guarded, *open_to_all, *carriers):
            logging.getLogger("spe").error("%s %r", one, one)
    dumps = [caplog.text.encode(), *map(_pickled, (*guarded, *open_to_all, *carriers))]
    dumps += [_pickled(copied) for copied in map(_copied, open_to_all)]
    assert caught.found_in(*dumps) == []
    assert [_pickled(one) for one in (*guarded, *carriers)] == [b""] * 6


def _pickled(value: object) -> bytes:
    try:
        return pickle.dumps(value)
    except (SpeError, TypeError):
        return b""


def _copied(value: object) -> object:
    try:
        return copy.deepcopy(value)
    except (SpeError, TypeError):
        return None


def test_a_public_set_made_of_a_copied_context_holds_none(caught: Caught) -> None:
    """`copy()` of a private context keeps its secret; a public set refuses what is made of one."""
    for data in (caught.copied, caught.secret, caught.world.made.key.public.context + caught.secret):
        with pytest.raises(SpeError):
            PublicSet(data)


def test_errors_of_every_party_say_nothing_of_it(caught: Caught, aggregate: Aggregate) -> None:
    world, said = caught.world, []
    signed = order(aggregate, world.environment, NOW)
    replies = world.answers(signed)
    acts: list[Any] = [
        lambda: world.opener.open(signed, aggregate.body[:-1], replies, world.made.key, NOW),
        lambda: world.opener.open(signed, aggregate.body, replies[:2], world.made.key, NOW),
        lambda: PublicSet(caught.secret),
        lambda: SecretShare.read(world.made.shares["holder-1"].reveal()[:-1]),
    ]
    for act in acts:
        with pytest.raises(SpeError) as refused:
            act()
        said.append(repr(refused.value).encode() + str(refused.value.__cause__).encode())
    assert caught.found_in(*said) == []


AGGREGATOR = """
import io, json, sys
from pathlib import Path
from spe.crypto.note import parse_public_key
from spe.federation.aggregate import Aggregator
from spe.federation.model import SiteKey, Terms
from spe.values import from_data
folder = Path(sys.argv[1])
terms = from_data(Terms, json.loads((folder / "terms").read_text()))
keys = json.loads((folder / "sites").read_text())
sites = {site: SiteKey(site, site, parse_public_key(key)) for site, key in keys.items()}
aggregator = Aggregator(terms, sites)
for name in sorted(folder.glob("*.env")):
    aggregator.accept(io.BytesIO(name.read_bytes()))
held = aggregator.close()
print("tenseal" in sys.modules, held.sha256, flush=True)
sys.stdin.read()
"""


def test_the_memory_of_an_aggregator_holds_none(caught: Caught, tmp_path: Path) -> None:
    world = caught.world
    terms = world.terms()
    for site, values in by_site().items():
        (tmp_path / f"{site}.env").write_bytes(world.contribution(terms, site, values).to_bytes())
    (tmp_path / "terms").write_text(json.dumps(to_data(terms)))
    (tmp_path / "sites").write_text(
        json.dumps({site: one.key.text() for site, one in world.directory.items()})
    )
    with subprocess.Popen(
        [sys.executable, "-c", AGGREGATOR, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout is not None
        loaded, digest = process.stdout.readline().split()
        dumped = b"".join(memory(process.pid))
        process.communicate("", timeout=30)
    assert loaded == "False"
    assert len(digest) == 64
    assert digest.encode() in dumped  # the dump is a real one
    assert caught.found_in(dumped) == []


def memory(pid: int) -> Iterator[bytes]:
    """Yield what a process has in its writable memory."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode, *_ = line.split()
            low, high = (int(end, 16) for end in span.split("-"))
            if "w" in mode:
                yield _read(file, low, high - low)


def _read(file: io.FileIO, at: int, size: int) -> bytes:
    try:
        return os.pread(file.fileno(), size, at)
    except OSError:
        return b""
