"""Layouts of sums, and tables as numbers and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.errors import IntegrityFailure, Malformed
from spe.federation.layout import MOST_VALUES, Block, SumLayout, parse_sum_layout
from spe.federation.pooled import hand_over
from spe.federation.tables import layout_of, numbers, supports
from spe.values import to_data
from tests.summing import World
from tests.unit.output import tables as t

COUNT, COUNTED = t.by_grade(t.POOLED)
LIFE = t.life_layout()
LIVED = t.lives(LIFE, t.LIVES)
BOTH, FOUND = (COUNT, LIFE), {COUNT.name: COUNTED, LIFE.name: LIVED}


def test_tables_come_back_from_their_numbers() -> None:
    layout, values = layout_of(BOTH), numbers(BOTH, FOUND)
    assert len(values) == layout.length
    assert supports(BOTH, values) == FOUND
    assert [block.name for block in layout.blocks][:3] == ["table.rows", "table.excluded", "table.n"]


@given(st.integers(0, 20), st.integers(-5, 5).filter(bool))
def test_numbers_that_are_of_no_people_are_no_table(at: int, by: int) -> None:
    values = numbers(BOTH, FOUND)
    values[at % len(values)] += by
    with pytest.raises(IntegrityFailure):
        supports(BOTH, values)


def test_too_many_and_too_few_numbers_are_no_tables() -> None:
    values = numbers(BOTH, FOUND)
    for bad in (values[:-1], [*values, 0], []):
        with pytest.raises(IntegrityFailure):
            supports(BOTH, bad)


@pytest.mark.parametrize("kind", ["sum", "mean"])
def test_what_needs_the_largest_contribution_is_not_summed_up_encrypted(kind: str) -> None:
    with pytest.raises(Malformed, match="only counts and life tables"):
        layout_of((t.sum_layout(kind=kind),))


def test_a_round_about_other_tables_is_not_handed_over_as_these() -> None:
    world = World(("milano", "berlin", "madrid"))
    values = dict.fromkeys(world.names, numbers((COUNT,), FOUND))
    opened = world.opened(world.collected(world.terms(layout=layout_of((COUNT,))), values))
    assert hand_over(opened, (COUNT,))[0].support.rows == 3 * COUNTED.rows
    with pytest.raises(IntegrityFailure, match="other tables"):
        hand_over(opened, (LIFE,))


GOOD = Block("a", 2, -5, 5, 2)


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        (GOOD, GOOD),
        tuple(replace(GOOD, name=f"b{at}") for at in range(201)),
        (replace(GOOD, name=""),),
        (replace(GOOD, name="A b"),),
        (replace(GOOD, length=0),),
        (replace(GOOD, length=MOST_VALUES + 1),),
        (GOOD, replace(GOOD, name="b", length=MOST_VALUES)),
        (replace(GOOD, low=6),),
        (replace(GOOD, decimals=10),),
        (replace(GOOD, high=2**29 + 2**28),),
        (replace(GOOD, low=-(2**31)),),
    ],
)
def test_a_layout_that_makes_no_sense_or_could_wrap_is_malformed(blocks: tuple[Block, ...]) -> None:
    with pytest.raises(Malformed):
        SumLayout(blocks)


def test_a_layout_reads_back_and_its_digest_is_of_every_field() -> None:
    layout = SumLayout((GOOD, replace(GOOD, name="b")))
    assert parse_sum_layout(to_data(layout)) == layout
    others = [
        replace(GOOD, low=-4),
        replace(GOOD, high=4),
        replace(GOOD, decimals=1),
        replace(GOOD, length=3),
    ]
    digests = {SumLayout((other, replace(GOOD, name="b"))).digest for other in others}
    assert len(digests | {layout.digest}) == 5
    with pytest.raises(Malformed):
        parse_sum_layout({"blocks": [], "more": 1})
