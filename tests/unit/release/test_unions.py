from __future__ import annotations

import random
from itertools import combinations

import pytest

from spe.release.reconstruct import Span, common
from spe.release.unions import Columns, sets_in

ATOMS = range(7)


def partitions(dice: random.Random, number: int) -> list[Columns]:
    """The groups of some tables, each of which splits all atoms."""
    out = []
    for _ in range(number):
        groups = [dice.randrange(dice.choice([2, 3, 4])) for _ in ATOMS]
        out += [frozenset(at for at in ATOMS if groups[at] == label) for label in set(groups)]
    return out


def span_of(sets: list[Columns], people: list[int]) -> Span:
    span = Span()
    for columns in sets:
        span.learn(dict.fromkeys(columns, 1), (sum(people[at] for at in columns),))
    return span


def every_set() -> list[Columns]:
    return [frozenset(chosen) for size in range(1, len(ATOMS) + 1) for chosen in combinations(ATOMS, size)]


@pytest.mark.parametrize("seed", range(30))
def test_every_set_that_follows_holds_one_that_is_found_and_each_found_one_follows(seed: int) -> None:
    dice = random.Random(seed)
    people = [dice.randint(0, 30) for _ in ATOMS]
    released = partitions(dice, dice.choice([2, 3, 4]))
    span = span_of(released, people)
    found = sets_in(span, released)
    for columns in every_set():
        values = span.values(columns)
        assert values in (None, (sum(people[at] for at in columns),))
        assert columns not in found or values is not None
        assert values is None or any(one <= columns for one in found)


def test_where_there_are_too_many_combinations_differences_of_three_are_found() -> None:
    rows = [frozenset(range(at * 12, at * 12 + 12)) for at in range(12)]
    columns = [frozenset(range(at, 144, 12)) for at in range(12)]
    diagonals = [frozenset((at * 13 + step * 12) % 144 for at in range(12)) for step in range(12)]
    small = rows[0] - {0, 1}
    released = [*rows, *columns, *diagonals, rows[0] | rows[1], (rows[0] | rows[1]) - small]
    span = Span()
    for one in released:
        span.learn(dict.fromkeys(one, 1), (len(one),))
    assert small not in sets_in(span, [])
    assert small in sets_in(span, released)


@pytest.mark.parametrize("seed", range(20))
def test_what_two_cohorts_share_follows_in_both_with_each_one_s_value(seed: int) -> None:
    dice = random.Random(seed)
    counts = [[dice.randint(0, 30) for _ in ATOMS] for _ in range(2)]
    left, right = (span_of(partitions(dice, 2), people) for people in counts)
    first, second = ([(row, values[0]) for row, values in span.basis.values()] for span in (left, right))
    shared = common(first, second, len(ATOMS))
    for columns in every_set():
        in_both = left.values(columns) is not None and right.values(columns) is not None
        values = shared.values(columns)
        assert (values is not None) is in_both
        assert values is None or values == tuple(sum(people[at] for at in columns) for people in counts)
