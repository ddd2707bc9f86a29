"""A round from terms to the opened sum, and each party's own refusals on the way."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spe.errors import IntegrityFailure, Malformed, NotNow
from spe.federation.aggregate import Aggregator
from spe.federation.keys import certified, certify
from spe.federation.model import STEPS, RoundCommand, RoundStatus, SiteKey
from spe.federation.order import order
from spe.federation.refusals import ForeignContribution, Refused, Why
from spe.states import step
from tests.summing import NOW, SITES, World, by_site, changed, summed

WORLD = World()


def why(call: object) -> Why:
    assert callable(call)
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.why


def test_a_round_opens_to_the_sum_of_its_contributors_and_says_who_they_are() -> None:
    values = by_site(4)
    aggregate = WORLD.collected(WORLD.terms(), values)
    opened = WORLD.opened(aggregate, WORLD.holder_names[1:4])
    assert opened.values == summed(values)
    assert set(opened.headers) == set(values)
    assert opened.false_shares == ()
    assert "1000" not in repr(opened)


@given(st.lists(st.lists(st.integers(0, 1000), min_size=6, max_size=6), min_size=3, max_size=5))
@settings(max_examples=8)
def test_any_numbers_within_their_bounds_add_up(tables: list[list[int]]) -> None:
    world = World()
    values = {site: [*table, 0, -1] for site, table in zip(SITES, tables, strict=False)}
    assert world.opened(world.collected(world.terms(), values)).values == summed(values)


def test_two_shares_open_nothing_and_say_so() -> None:
    world = World()
    aggregate = world.collected(world.terms(), by_site())
    assert why(lambda: world.opened(aggregate, world.holder_names[:2])) is Why.TOO_FEW_SHARES


def test_two_sites_are_no_round_and_two_contributors_no_sum() -> None:
    world = World()
    with pytest.raises(Malformed):
        world.terms(SITES[:2])
    assert why(lambda: world.collected(world.terms(), by_site(2))) is Why.TOO_FEW_SITES


def test_three_sites_of_two_organisations_are_too_few() -> None:
    world = World(SITES[:3])
    for site in SITES[:2]:
        world.directory[site] = SiteKey(site, "one organisation", world.site_keys[site].public)
    assert why(lambda: Aggregator(world.terms(), world.directory)) is Why.TOO_FEW_SITES


def test_a_round_goes_its_way_and_no_other() -> None:
    world = World()
    terms = world.terms()
    aggregator = Aggregator(terms, world.directory)
    with pytest.raises(Refused):
        aggregator.close()
    assert aggregator.status is RoundStatus.COLLECTING
    for site, numbers in by_site(3).items():
        aggregator.accept(io.BytesIO(world.contribution(terms, site, numbers).to_bytes()))
    aggregator.close()
    late = world.contribution(terms, SITES[3], by_site(4)[SITES[3]]).to_bytes()
    for act in (aggregator.close, lambda: aggregator.accept(io.BytesIO(late))):
        with pytest.raises(NotNow):
            act()
    aggregator.abort()
    assert str(aggregator.status) == "aborted"


@pytest.mark.parametrize("at", [0, 5, 6])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_value_out_of_its_bounds_is_not_encrypted(at: int, by: int) -> None:
    low, high = WORLD.terms().layout.lows()[at], WORLD.terms().layout.highs()[at]
    values = list(by_site()[SITES[0]])
    values[at] = high + 1 if by > 0 else low - 1
    with pytest.raises(Malformed, match=f"place {at} "):
        WORLD.contribution(WORLD.terms(), SITES[0], values)


def test_a_site_encrypts_only_under_the_rounds_key_and_only_in_its_rounds() -> None:
    world = World()
    terms = world.terms(SITES[:3])
    with pytest.raises(Malformed):
        world.contribution(terms, SITES[4], by_site()[SITES[4]])
    world.new_key()
    with pytest.raises(Malformed):
        world.contribution(terms, SITES[0], by_site()[SITES[0]])


def test_a_key_is_certified_by_all_its_holders_or_it_is_none() -> None:
    world = World()
    certifiers = {name: key.public for name, key in world.certifiers.items()}
    key = world.made.key
    assert certified(key, certifiers) == world.made.terms
    some = dict(list(key.statements.items())[:-1])
    other = World().made.key
    bad = [replace(key, statements=some), replace(key, statements={}), replace(key, public=other.public)]
    bad += [replace(key, sealed=other.sealed), other]
    liar = changed(key.statements["holder-1"], world.certifiers["holder-1"], k=4)
    bad += [replace(key, statements={**key.statements, "holder-1": liar})]
    for one in bad:
        with pytest.raises(IntegrityFailure):
            certified(one, certifiers)


def test_a_holder_certifies_only_a_key_of_which_it_has_the_share() -> None:
    world, other = World(), World()
    share = world.made.shares["holder-1"]
    for terms, name in [
        (other.made.terms, "holder-1"),
        (world.made.terms, "holder-2"),
        (world.made.terms, "nobody"),
    ]:
        with pytest.raises(IntegrityFailure):
            certify(terms, share, name, world.certifiers["holder-1"])


@pytest.mark.parametrize(("k", "n"), [(2, 4), (2, 5), (3, 6)])
def test_two_quorums_always_have_a_holder_in_common(k: int, n: int) -> None:
    with pytest.raises(Malformed):
        World(k=k, n=n)


def test_the_same_order_again_gets_the_share_again_and_counts_once() -> None:
    world = World()
    aggregate = world.collected(world.terms(), by_site())
    signed = order(aggregate, world.environment, NOW)
    for _ in range(3):
        assert world.opener.open(signed, aggregate.body, world.answers(signed), world.made.key, NOW).values
    assert {len(record.found) for record in world.records.values()} == {1}


def test_another_order_for_an_opened_round_is_refused() -> None:
    world = World()
    aggregate = world.collected(world.terms(), by_site())
    world.answers(order(aggregate, world.environment, NOW))
    again = order(aggregate, world.environment, NOW + 1)
    assert why(lambda: world.holder("holder-1").answer(again, NOW + 1)) is Why.ANSWERED_ALREADY


@pytest.mark.parametrize("now", [NOW - 1, NOW + 3600, NOW + 10**6])
def test_an_order_is_valid_in_its_hour(now: int) -> None:
    signed = order(WORLD.collected(WORLD.terms(), by_site()), WORLD.environment, NOW)
    assert why(lambda: WORLD.answers(signed, now=now)) is Why.NOT_NOW


def test_an_order_does_not_live_longer_than_a_day() -> None:
    signed = order(WORLD.collected(WORLD.terms(), by_site()), WORLD.environment, NOW, 10**9)
    assert why(lambda: WORLD.answers(signed)) is Why.NOT_NOW


def test_a_holder_knows_only_its_openers_and_keys() -> None:
    world, other = World(), World()
    signed = order(world.collected(world.terms(), by_site()), world.environment, NOW)
    world.held["holder-1"].clear()
    assert why(lambda: world.holder("holder-1").answer(signed, NOW)) is Why.UNKNOWN_KEY
    world.reader = other.reader
    assert why(lambda: world.holder("holder-2").answer(signed, NOW)) is Why.UNKNOWN_OPENER


def test_a_key_that_has_opened_its_number_of_sums_is_spent_and_another_goes_on() -> None:
    world = World(openings=1)
    world.opened(world.collected(world.terms(), by_site()))
    cohorts = dict.fromkeys(SITES, "c2")
    spent = world.collected(world.terms(), by_site(), cohorts)
    assert why(lambda: world.opened(spent)) is Why.KEY_IS_SPENT
    world.new_key()
    assert world.opened(world.collected(world.terms(), by_site(), cohorts)).values == summed(by_site())


def test_one_bad_contribution_does_not_abort_the_others() -> None:
    world = World()
    terms = world.terms()
    aggregator = Aggregator(terms, world.directory)
    for site, numbers in by_site(3).items():
        sent = world.contribution(terms, site, numbers).to_bytes()
        with pytest.raises(ForeignContribution):
            aggregator.accept(io.BytesIO(sent[:-1]))
        aggregator.accept(io.BytesIO(sent))
    assert world.opened(aggregator.close()).values == summed(by_site(3))


def test_a_holder_that_lies_about_its_share_is_named_and_the_sum_opens_all_the_same() -> None:
    world = World()
    aggregate = world.collected(world.terms(), by_site())
    signed = order(aggregate, world.environment, NOW)
    stranger = World().made.shares["holder-2"]
    stranger.key = world.made.terms.key
    held = world.held["holder-2"][world.made.terms.key]
    world.held["holder-2"][world.made.terms.key] = replace(held, share=stranger)
    opened = world.opener.open(signed, aggregate.body, world.answers(signed), world.made.key, NOW)
    assert opened.values == summed(by_site())
    assert opened.false_shares == ("holder-2",)


def test_every_step_of_a_round_leads_where_its_table_says_and_from_everywhere_it_ends() -> None:
    ends = set(RoundStatus) - {start for start, _ in STEPS}
    assert ends == {RoundStatus.OPENED, RoundStatus.ABORTED}
    assert {command for _, command in STEPS} == set(RoundCommand)
    for status in RoundStatus:
        for command in RoundCommand:
            if (status, command) in STEPS:
                assert step(STEPS, status, command) is STEPS[status, command]
            else:
                with pytest.raises(NotNow):
                    step(STEPS, status, command)
    assert all((status, RoundCommand.ABORT) in STEPS for status in set(RoundStatus) - ends)
