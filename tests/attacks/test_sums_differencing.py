"""H6: over all rounds no combination of sums rests on fewer than three sites."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spe.adapters.openings import OpeningFile
from spe.federation.layout import Block, SumLayout
from spe.federation.model import Opening, Taken
from spe.federation.order import order
from spe.federation.refusals import Refused, Why
from spe.federation.rules import Column, admit, singled_out
from tests.summing import LAYOUT, NOW, SITES, MemoryOpenings, World, by_site, summed

Cohorts = dict[str, str]
FIVE: Cohorts = dict.fromkeys(SITES, "c1")


def opening(cohorts: Cohorts, number: int = 0, layout: str = "l") -> Opening:
    taken = tuple(Taken(site, f"data-{site}", cohort) for site, cohort in cohorts.items())
    return Opening(f"order-{number}", f"round-{number}", "permit", "key", layout, taken)


def without(*sites: str) -> Cohorts:
    return {site: cohort for site, cohort in FIVE.items() if site not in sites}


def changed(*sites: str) -> Cohorts:
    return {site: "c2" if site in sites else cohort for site, cohort in FIVE.items()}


def judged(*rounds: Cohorts) -> Why | None:
    """Return why the last of these rounds is refused after the others, None where it isn't."""
    past = [opening(cohorts, at) for at, cohorts in enumerate(rounds[:-1])]
    try:
        admit(past, opening(rounds[-1], len(rounds)))
    except Refused as refused:
        return refused.why
    return None


A, B, C, D, E = SITES
SIX: Cohorts = {**FIVE, "oslo": "c1"}
EIGHT: Cohorts = {**SIX, "wien": "c1", "gent": "c1"}


@pytest.mark.parametrize(
    "rounds",
    [
        (FIVE, without(A)),
        (without(A), FIVE),
        (FIVE, without(A, B)),
        (FIVE, SIX),
        (FIVE, changed(A)),
        (FIVE, changed(A, B)),
        # A and B stand for each other: the difference is theirs alone.
        (without(A), without(B)),
        # One by one each step would be three sites, together they aren't: the first and the last differ in one.
        (
            FIVE,
            changed(A, B, C),
            {**changed(A, B, C), A: "c1", B: "c1", C: "c3", D: "c2", E: "c2"},
            changed(D, E),
        ),
        # A cohort of another permit of the same people: judged as if it were the same.
        (FIVE, {**without(A), B: "c2", C: "c2", D: "c2", E: "c2"}),
        # Twice the difference of three sums.
        (EIGHT, {**dict.fromkeys((A, B, C, D), "c1")}, {**dict.fromkeys((E, "oslo", "wien"), "c1")}),
    ],
)
def test_what_would_single_out_one_or_two_sites_is_refused(rounds: tuple[Cohorts, ...]) -> None:
    assert judged(*rounds) is Why.WOULD_SINGLE_OUT


@pytest.mark.parametrize(
    "rounds",
    [
        (FIVE,),
        (FIVE, changed(A, B, C)),
        (FIVE, changed(*SITES)),
        (EIGHT, without(D, E)),
        (EIGHT, FIVE),
        (without(D, E), {D: "c1", E: "c1", "oslo": "c1"}),
    ],
)
def test_what_rests_on_three_sites_or_more_passes(rounds: tuple[Cohorts, ...]) -> None:
    assert judged(*rounds) is None or judged(*rounds[:-1]) is not None


def test_the_same_sum_is_opened_once() -> None:
    assert judged(FIVE, FIVE) is Why.ANSWERED_ALREADY


def test_another_table_of_the_same_people_passes_and_one_of_fewer_does_not() -> None:
    first = [opening(FIVE, 1, "table 1")]
    admit(first, opening(FIVE, 2, "table 2"))
    with pytest.raises(Refused):
        admit(first, opening(without(A), 2, "table 2"))


def test_other_data_of_the_same_sites_are_other_unknowns() -> None:
    other = replace(
        opening(without(A), 2), contributors=tuple(Taken(site, "scans", "c1") for site in SITES[1:])
    )
    admit([opening(FIVE, 1)], other)


def rank(rows: Sequence[Sequence[int]]) -> int:
    """Return the rank, by elimination column by column: another way than the one under test."""
    left, found = [[Fraction(value) for value in row] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        for row in left[found + 1 :]:
            factor = row[column] / pivot[column]
            row[:] = [value - factor * lead for value, lead in zip(row, pivot, strict=True)]
        found += 1
    return found


@given(st.lists(st.lists(st.integers(0, 1), min_size=7, max_size=7), min_size=1, max_size=6))
@settings(max_examples=300)
def test_it_finds_exactly_what_linear_algebra_says(rows: list[list[int]]) -> None:
    columns: list[Column] = [(f"s{at % 5}", "d", f"c{at // 5}") for at in range(7)]
    sparse = [{columns[at]: Fraction(1) for at, value in enumerate(row) if value} for row in rows]
    found = singled_out(sparse)
    singled = []
    for pair in combinations([f"s{at}" for at in range(5)], 2):
        outside = [[value for at, value in enumerate(row) if columns[at][0] not in pair] for row in rows]
        if rank(outside) < rank(rows):
            singled.append(frozenset(pair))
    assert bool(found) is bool(singled)
    assert not found or any(found <= one for one in singled)


def test_a_hub_that_asks_other_holders_for_the_second_round_gets_too_few_shares() -> None:
    """Three of five open: any two threes have a holder in common, who remembers."""
    world = World()
    world.opened(world.collected(world.terms(), by_site()), world.holder_names[:3])
    fewer = world.collected(world.terms(), by_site(4))
    signed = order(fewer, world.environment, NOW)
    replies = world.answers(signed, world.holder_names[3:])
    with pytest.raises(Refused, match=SITES[4]):
        world.holder("holder-3").answer(signed, NOW)
    with pytest.raises(Refused) as refused:
        world.opener.open(signed, fewer.body, replies, world.made.key, NOW)
    assert refused.value.why is Why.TOO_FEW_SHARES


def test_neither_another_permit_nor_another_layout_nor_another_key_leads_around_it() -> None:
    world = World()
    world.opened(world.collected(world.terms(), by_site()))
    world.new_key()
    renamed = SumLayout((Block("renamed", 6, 0, 1000), LAYOUT.blocks[1]))
    terms = replace(world.terms(layout=renamed), permit="permit-2")
    fewer = world.collected(terms, by_site(4))
    with pytest.raises(Refused) as refused:
        world.opened(fewer)
    assert refused.value.why is Why.WOULD_SINGLE_OUT


def test_after_three_sites_have_changed_the_sum_opens_again() -> None:
    world = World()
    world.opened(world.collected(world.terms(), by_site()))
    for cohorts in (changed(A), changed(A, B)):
        with pytest.raises(Refused):
            world.opened(world.collected(world.terms(), by_site(), cohorts))
    assert world.opened(world.collected(world.terms(), by_site(), changed(A, B, C))).values == summed(
        by_site()
    )


@pytest.mark.parametrize("seed", range(3))
def test_two_orders_at_the_same_time_are_judged_one_after_the_other(seed: int, tmp_path: Path) -> None:
    """Two processes of one holder: both orders alone would pass, together they'd single a site out."""
    both = [opening(FIVE, 1), opening(without(A), 2)][:: 1 if seed % 2 else -1]
    passed: list[str] = []
    gate = threading.Barrier(2)

    def ask(one: Opening) -> None:
        record = OpeningFile(tmp_path / "openings")
        gate.wait()
        try:
            record.remember(one, lambda past: admit(past, one))
        except Refused:
            return
        passed.append(one.order)

    threads = [threading.Thread(target=ask, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(passed) == 1
    assert len(OpeningFile(tmp_path / "openings").all()) == 1


def test_refused_orders_are_not_remembered() -> None:
    record = MemoryOpenings()
    record.remember(opening(FIVE, 1), lambda past: admit(past, opening(FIVE, 1)))
    fewer = opening(without(A), 2)
    with pytest.raises(Refused):
        record.remember(fewer, lambda past: admit(past, fewer))
    assert [one.order for one in record.all()] == ["order-1"]
