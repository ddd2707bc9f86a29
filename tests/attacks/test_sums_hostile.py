"""H4: malformed, truncated, bit-flipped, foreign, replayed, duplicate contributions and bombs: no silent wrong sum."""

from __future__ import annotations

import hashlib
import io
import random
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.words import BYTES, NoCiphertext, from_bytes, to_bytes
from spe.errors import IntegrityFailure, SpeError
from spe.federation.aggregate import Aggregator
from spe.federation.contribution import Envelope
from spe.federation.heads import LONGEST_HEAD, MAGIC
from spe.federation.layout import Block, SumLayout
from spe.federation.model import Terms
from spe.federation.order import order
from spe.federation.refusals import ForeignContribution, Refused
from tests.summing import NOW, SITES, World, by_site, changed, signer, summed, with_header

WORLD = World()
TERMS = WORLD.terms()
SENT = {site: WORLD.contribution(TERMS, site, values) for site, values in by_site(4).items()}
VICTIM = SENT[SITES[0]]
WIRE = VICTIM.to_bytes()
HEAD = len(WIRE) - len(VICTIM.body)


def begun() -> Aggregator:
    """Return a round with the other three sites in it."""
    aggregator = Aggregator(TERMS, WORLD.directory)
    for site in SITES[1:4]:
        aggregator.accept(io.BytesIO(SENT[site].to_bytes()))
    return aggregator


def refused(data: bytes) -> None:
    """Hold that `data` is refused with an error of ours, and that the sum is what it was."""
    aggregator = begun()
    before = aggregator._total.to_bytes()
    with pytest.raises(SpeError):
        aggregator.accept(io.BytesIO(data))
    assert aggregator._total.to_bytes() == before
    assert set(aggregator._headers) == set(SITES[1:4])


def mutated(dice: random.Random) -> bytes:
    """Return the victim's contribution, changed somewhere."""
    data = bytearray(WIRE)
    way = dice.randrange(5)
    at = dice.randrange(HEAD if dice.random() < 0.5 else len(data))
    if way == 0:
        data[at] ^= 1 << dice.randrange(8)
    elif way == 1:
        del data[at:]
    elif way == 2:
        data[at:at] = dice.randbytes(1 + dice.randrange(9))
    elif way == 3:
        del data[at : at + 1 + dice.randrange(9)]
    else:
        other = dice.randrange(len(data) - 64)
        at = min(at, len(data) - 64)
        data[at : at + 64], data[other : other + 64] = data[other : other + 64], data[at : at + 64]
    return bytes(data)


def hold_mutations(count: int, seed: int) -> None:
    dice = random.Random(seed)
    aggregator = begun()
    before = aggregator._total.to_bytes()
    for _ in range(count):
        data = mutated(dice)
        if data == WIRE:
            continue
        with pytest.raises(SpeError):
            aggregator.accept(io.BytesIO(data))
    assert aggregator._total.to_bytes() == before
    aggregator.accept(io.BytesIO(WIRE))
    assert WORLD.opened(aggregator.close()).values == summed(by_site(4))


def test_changed_contributions_are_refused_and_leave_no_trace() -> None:
    hold_mutations(400, 1)
    for record in WORLD.records.values():
        record.found.clear()


@pytest.mark.soak
def test_a_hundred_thousand_changed_contributions() -> None:
    hold_mutations(100_000, 2)


def test_a_contribution_is_taken_once() -> None:
    aggregator = begun()
    aggregator.accept(io.BytesIO(WIRE))
    with pytest.raises(Refused):
        aggregator.accept(io.BytesIO(WIRE))


def test_an_earlier_rounds_contribution_is_not_taken_again() -> None:
    for terms in (
        replace(TERMS, round="round-9"),
        replace(TERMS, permit="permit-2"),
        replace(TERMS, sites=SITES[:4]),
    ):
        aggregator = Aggregator(terms, WORLD.directory)
        with pytest.raises(ForeignContribution, match="another round"):
            aggregator.accept(io.BytesIO(WIRE))


def test_a_contribution_under_another_layout_of_the_same_size_is_not_taken() -> None:
    blocks = (Block("other", 6, 0, 1000), TERMS.layout.blocks[1])
    aggregator = Aggregator(replace(TERMS, layout=SumLayout(blocks)), WORLD.directory)
    with pytest.raises(ForeignContribution, match="layout"):
        aggregator.accept(io.BytesIO(WIRE))


def test_a_stranger_is_not_taken_for_a_site() -> None:
    stranger = signer(StatementKind.CONTRIBUTION, SITES[0])
    refused(with_header(VICTIM, changed(VICTIM.header, stranger)).to_bytes())
    refused(with_header(VICTIM, changed(VICTIM.header, WORLD.site_keys[SITES[1]])).to_bytes())
    refused(with_header(VICTIM, changed(VICTIM.header, stranger, site=SITES[4])).to_bytes())
    refused(with_header(VICTIM, changed(VICTIM.header, stranger, site="nowhere")).to_bytes())


def test_a_site_of_no_cohort_is_not_taken() -> None:
    for fields in ({"cohort": ""}, {"dataset": ""}, {"tags": "A" * 5000}):
        refused(with_header(VICTIM, changed(VICTIM.header, WORLD.site_keys[SITES[0]], **fields)).to_bytes())


def bomb(name: str) -> bytes:
    key = WORLD.site_keys[SITES[0]]
    return {
        "a head of 4 GB": MAGIC + b"\xff" * 4 + WIRE[12:],
        "a head of nested lists": MAGIC + LONGEST_HEAD.to_bytes(4, "big") + b"[" * LONGEST_HEAD,
        "a size of 1 GB": with_header(VICTIM, changed(VICTIM.header, key, size=1 << 30)).to_bytes(),
        "a size of none": with_header(VICTIM, changed(VICTIM.header, key, size=0)).to_bytes(),
        "a size below none": with_header(VICTIM, changed(VICTIM.header, key, size=-1)).to_bytes(),
        "zstd": MAGIC + b"\x28\xb5\x2f\xfd" * 100,
        "nothing": b"",
    }[name]


@pytest.mark.parametrize(
    "name",
    [
        "a head of 4 GB",
        "a head of nested lists",
        "a size of 1 GB",
        "a size of none",
        "a size below none",
        "zstd",
        "nothing",
    ],
)
def test_bombs_are_refused_unread(name: str) -> None:
    data, aggregator = bomb(name), begun()
    tracemalloc.start()
    with pytest.raises(SpeError):
        aggregator.accept(io.BytesIO(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(WIRE) + (1 << 20)


class Endless:
    """Sends what it is given, then noughts for ever; counts what was read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.read_so_far = io.BytesIO(data), 0

    def read(self, size: int, /) -> bytes:
        self.read_so_far += size
        assert self.read_so_far < 4 * len(WIRE), "it reads on and on"
        return self.data.read(size) or bytes(size)


def test_a_sender_without_end_is_left_after_the_agreed_length() -> None:
    source = Endless(WIRE)
    with pytest.raises(ForeignContribution, match="behind"):
        begun().accept(source)


def resigned(body: bytes, site: str = SITES[0]) -> Envelope:
    """Return what a lying site sends: bytes of its choice, signed by itself."""
    header = changed(SENT[site].header, WORLD.site_keys[site], sha256=hashlib.sha256(body).hexdigest())
    return Envelope(header, body)


def uniform(seed: int = 1) -> bytes:
    words = np.random.default_rng(seed).integers(0, PARAMETERS.modulus, 2 * PARAMETERS.degree, np.uint64)
    return to_bytes(words)


def half_hidden() -> bytes:
    words = from_bytes(VICTIM.body).copy()
    words[PARAMETERS.degree :] = 0
    return to_bytes(words)


def test_a_site_that_sends_what_is_no_ciphertext_is_refused() -> None:
    for body in (bytes(BYTES), b"\xff" * BYTES, half_hidden(), random.Random(3).randbytes(BYTES)):
        aggregator = begun()
        with pytest.raises(NoCiphertext):
            aggregator.accept(io.BytesIO(resigned(body).to_bytes()))


def other_key() -> bytes:
    world = World()
    return world.contribution(world.terms(), SITES[0], by_site()[SITES[0]]).body


def older_round() -> bytes:
    return WORLD.contribution(WORLD.terms(), SITES[0], by_site()[SITES[0]]).body


LIES: dict[str, Callable[[], bytes]] = {
    "noise": uniform,
    "a ciphertext under another key": other_key,
    "its own ciphertext of another round": older_round,
    "another site's ciphertext": lambda: SENT[SITES[1]].body,
    "a shifted ciphertext": lambda: to_bytes(np.roll(from_bytes(VICTIM.body), 1)),
    "one coefficient raised": lambda: _raised(1 << 40),
}


def _raised(by: int) -> bytes:
    words = from_bytes(VICTIM.body).copy()
    words[5] = (int(words[5]) + by) % PARAMETERS.modulus
    return to_bytes(words)


@pytest.mark.parametrize("lie", LIES)
def test_a_site_that_signs_a_ciphertext_that_is_not_its_numbers_aborts_the_round(lie: str) -> None:
    world_records = {name: list(record.found) for name, record in WORLD.records.items()}
    for record in WORLD.records.values():
        record.found.clear()
    aggregator = begun()
    aggregator.accept(io.BytesIO(resigned(LIES[lie]()).to_bytes()))
    with pytest.raises(IntegrityFailure):
        WORLD.opened(aggregator.close())
    for name, found in world_records.items():
        WORLD.records[name].found[:] = found


def test_ciphertexts_of_one_contribution_in_another_order_open_no_sum() -> None:
    layout = SumLayout((Block("many", 5000, 0, 1000),))
    world = World()
    terms: Terms = world.terms(SITES[:3], layout)
    aggregator = Aggregator(terms, world.directory)
    for site in SITES[:3]:
        envelope = world.contribution(terms, site, [1] * 5000)
        if site == SITES[0]:
            body = envelope.body[BYTES:] + envelope.body[:BYTES]
            digest = hashlib.sha256(body).hexdigest()
            envelope = Envelope(changed(envelope.header, world.site_keys[site], sha256=digest), body)
        aggregator.accept(io.BytesIO(envelope.to_bytes()))
    with pytest.raises(IntegrityFailure, match="roll"):
        world.opened(aggregator.close())


def test_a_sum_that_was_altered_after_the_order_does_not_open() -> None:
    world = World()
    aggregate = world.collected(world.terms(), by_site())

    signed = order(aggregate, world.environment, NOW)
    replies = world.answers(signed)
    for body in (aggregate.body[:-1], aggregate.body + b"x", b"", uniform()):
        with pytest.raises(IntegrityFailure, match="order names"):
            world.opener.open(signed, body, replies, world.made.key, NOW)


def test_replies_to_another_order_and_of_strangers_are_no_shares() -> None:

    world, other = World(), World()
    first = world.collected(world.terms(), by_site())
    old = world.answers(order(first, world.environment, NOW))
    second = world.collected(world.terms(), by_site(), dict.fromkeys(SITES, "c2"))
    signed = order(second, world.environment, NOW)
    new = world.answers(signed)
    junk = [Signed("{}", "{}"), Signed("", ""), replace(new[0], statement=new[0].statement + " ")]
    stolen = [changed(one, other.repliers["holder-4"], holder="holder-4") for one in new]
    for replies in ([*old, *new[:2]], [*new[:2], *junk], [*new[:2], *stolen], [new[0]] * 5):
        with pytest.raises(Refused):
            world.opener.open(signed, second.body, replies, world.made.key, NOW)
    assert world.opener.open(signed, second.body, [*junk, *old, *new], world.made.key, NOW).values
