"""One entry, one encoding: of events that differ in anything at all, no two have the same bytes; what has no encoding is refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from spe.audit.change import Entry, Who
from spe.audit.encode import LARGEST_ENTRY, encode
from spe.audit.events import Event, StaffRef, SubjectRef
from spe.audit.events.model import catalogue
from spe.audit.events.record import RecordSeen
from spe.audit.events.request import RequestWithdrawn
from spe.crypto import canonical
from spe.errors import Malformed
from spe.oversight.asking import types as every_type
from tests.attacks.kill_check import head_fits
from tests.cast import Cast
from tests.unit.adapters.database.place import AT, WHO, Plain, change, installed
from tests.world import open_world

Dice = random.Random
KINDS = [catalogue()[name] for name in sorted(every_type())]
HINTS = {kind: get_type_hints(kind) for kind in KINDS}
# Pieces that other encodings confuse: separators, escapes, both spellings of one letter, what looks like JSON.
PIECES = [
    "",
    "a",
    "ab",
    "b",
    ",",
    '"',
    "\\",
    '","',
    "\\u0061",
    "\n",
    "\r\n",
    "\x00",
    "\x1b[2J",
    "\x7f",
    "\u2028",
]
PIECES += [
    "\u00e9",
    "e\u0301",
    "\ufeff",
    "\U0001f469",
    "null",
    "true",
    "1",
    "01",
    "[]",
    "{}",
    '{"digest":"a"}',
    "+",
]
PIECES += ["a" * 40, " ", "  ", "\u212a", "K", "\ud7ff\ue000", "/", "<", "\u0085"]
NUMBERS = [0, 1, 10, 11, -1, 2**31, 2**53 - 1, -(2**53) + 1]


@pytest.fixture(autouse=True)
def same_nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every entry have the same nonce, which alone would make any two differ."""
    monkeypatch.setattr("spe.audit.writes.secrets.token_hex", lambda size: "0" * (2 * size))


def text(dice: Dice) -> str:
    return "".join(dice.choices(PIECES, k=dice.randrange(4)))


def value(kind: Any, dice: Dice) -> Any:
    if get_origin(kind) is tuple:
        return tuple(value(get_args(kind)[0], dice) for _ in range(dice.randrange(4)))
    if kind is bool:
        return dice.random() < 0.5
    if kind is int:
        return dice.choice(NUMBERS)
    if get_args(kind):
        return value(get_args(kind)[0], dice)
    return kind(text(dice))


def event(kind: type[Event], dice: Dice) -> Event:
    return kind(**{one.name: value(HINTS[kind][one.name], dice) for one in fields(kind)})  # type: ignore[arg-type]


def entry(dice: Dice) -> Entry:
    who = Who(StaffRef(text(dice)), text(dice), text(dice))
    at = AT + timedelta(microseconds=dice.choice(NUMBERS[:5]))
    decisions = value(tuple[str, ...], dice)
    return Entry(who, event(dice.choice(KINDS), dice), at, dice.choice(("", "b", text(dice))), decisions)


def neighbour(one: Entry, dice: Dice) -> Entry:
    """Return an entry that differs little: of the same kind, a part taken from another one, or moved to the next field."""
    other = entry(dice)
    values = {name.name: getattr(one.event, name.name) for name in fields(type(one.event))}  # type: ignore[arg-type]
    names = list(values)
    choice = dice.randrange(4)
    if choice == 0 and names:
        changed = dice.choice(names)
        values[changed] = value(HINTS[type(one.event)][changed], dice)
    elif choice == 1 and len(names) > 1:
        left, right = dice.sample(names, 2)
        if type(values[left]) is type(values[right]) is str:
            joined = values[left] + values[right]
            cut = dice.randrange(len(joined) + 1)
            values[left], values[right] = joined[:cut], joined[cut:]
    elif choice == 2:
        return Entry(one.who, one.event, one.at, other.bundle, other.decisions)
    else:
        return Entry(other.who, one.event, one.at, one.bundle, one.decisions)
    return Entry(one.who, type(one.event)(**values), one.at, one.bundle, one.decisions)


def said(one: Entry) -> tuple[Any, ...]:
    """Return all that an entry says, with the type of each part: Python takes 1 for True, and a reference for text."""
    event_type: Any = type(one.event)
    parts = [getattr(one.event, name.name) for name in fields(event_type)]
    typed = [(type(part), part) for part in (*parts, one.who.id, one.who.organisation, one.who.role)]
    return one.event.type, one.at, one.bundle or "", one.decisions, *typed


def pairs(count: int, seed: str) -> Iterator[tuple[Entry, Entry]]:
    dice = Dice(seed)
    for _ in range(count):
        one = entry(dice)
        yield one, neighbour(one, dice)


def collisions(count: int, seed: str) -> tuple[int, int]:
    """Return how many different pairs have one encoding, and how many pairs were different."""
    same, different = 0, 0
    for one, other in pairs(count, seed):
        first, second = encode(one, Plain()), encode(other, Plain())
        assert (canonical.encode(canonical.parse(first)), len(first.split(b"\n"))) == (first, 1)
        if said(one) != said(other):
            different += 1
            same += first == second
        else:
            assert first == second
    return same, different


def test_no_two_events_of_3000_pairs_have_one_encoding() -> None:
    same, different = collisions(3000, "quick")
    assert same == 0
    assert different > 2000


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
def test_no_two_events_of_a_million_pairs_have_one_encoding(part: int) -> None:
    same, different = collisions(100_000, f"soak {part}")
    print("A10", {"collisions": same, "different": different})
    assert same == 0


def seen(about: Any) -> Entry:
    return Entry(WHO, RecordSeen("record", about, "own"), AT)


@pytest.mark.parametrize(
    "about",
    [
        "x" * 10_000_000,
        "\u00e9" * (LARGEST_ENTRY // 2),
        "\ud800",
        "a\udfff",
        "\udc80\ud800",
        float("nan"),
        float("inf"),
        float("-inf"),
        2**53,
        1e16,
        b"bytes",
        {1: "a"},
        {"set"},
    ],
    ids=lambda about: f"{type(about).__name__} {ascii(about)[:12]}",
)
def test_what_has_no_encoding_is_refused_and_the_log_goes_on_without_it(tmp_path: Path, about: Any) -> None:
    with installed(tmp_path) as here:
        here.committer.commit(change())
        with pytest.raises(Malformed):
            here.committer.commit(change(entries=(seen(about), seen("beside it"))))
        assert here.committer.commit(change()) == 1
        assert head_fits(here.log)


def test_an_entry_without_a_time_zone_is_refused() -> None:
    with pytest.raises(Malformed, match="time zone"):
        encode(Entry(WHO, RequestWithdrawn("r"), AT.replace(tzinfo=None)), Plain())


def test_the_largest_entry_fits_and_one_byte_more_does_not() -> None:
    room = LARGEST_ENTRY - len(encode(seen(""), Plain()))
    assert len(encode(seen("x" * room), Plain())) == LARGEST_ENTRY
    with pytest.raises(Malformed):
        encode(seen("x" * (room + 1)), Plain())


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with open_world(tmp_path_factory.mktemp("world") / "home") as world:
        yield Cast(world)


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b'{"title": "' + b"x" * 10_000_000 + b'"}', {413}),
        (b'{"title": "\\ud800"}', {400}),
        (b'{"title": "\\udc80\\ud800"}', {400}),
        (b'{"title": NaN}', {400}),
        (b'{"title": -Infinity}', {400}),
        (b'{"days": 1e400}', {400}),
        (b'{"title": "\xed\xa0\x80"}', {400}),
        (b'{"title": "a", "title": "b"}', {400}),
    ],
    ids=[
        "10 MB",
        "surrogate",
        "swapped pair",
        "NaN",
        "infinity",
        "overflow",
        "bytes of a surrogate",
        "twice",
    ],
)
def test_the_api_refuses_it_and_the_refusal_is_an_ordinary_entry(
    cast: Cast, body: bytes, statuses: set[int]
) -> None:
    world = cast.world
    token = world._token("anna.ricci")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "hostile-1"}
    answer = world.http.post(
        "/v1/requests", content=body, headers={**headers, "Content-Type": "application/json"}
    )
    assert answer.status_code in statuses
    told = cast.auditor.finds(type="api.answered")[-1]
    assert (told["data"]["route"], told["data"]["status"]) == ("/v1/requests", answer.status_code)


def test_a_subject_and_a_member_of_staff_of_one_name_are_never_one_text() -> None:
    who = Who(StaffRef("a"), "o", "r")
    made = {encode(Entry(who, RecordSeen("k", one, "v"), AT), Plain()) for one in ("a", SubjectRef("a"))}
    made.add(encode(Entry(who, RecordSeen("k", StaffRef("a"), "v"), AT), Plain()))
    assert len(made) == 3
