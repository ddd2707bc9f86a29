"""No one party can open one site's contribution: a lone one, one in a sum of it alone, one by a difference of sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from spe.crypto.sums.slots import Numbers
from spe.errors import SpeError
from spe.federation import holder, opening, order
from spe.federation.order import order as ordered
from tests.summing import NOW, SITES, World, by_site, summed

VICTIM = SITES[0]


def alone(world: World) -> None:
    """As the environment's own signer: order the opening of one contributor's ciphertexts."""
    terms = world.terms()
    envelope = world.contribution(terms, VICTIM, by_site()[VICTIM])
    whole = world.collected(terms, by_site())
    lone = replace(whole, headers={VICTIM: envelope.header}, body=envelope.body)
    refused(lambda: world.opened(lone))


def passed_off(world: World) -> None:
    """As the aggregator: pass one contributor's ciphertexts off as the sum of all."""
    terms = world.terms()
    whole = world.collected(terms, by_site())
    lone = replace(whole, body=world.contribution(terms, VICTIM, by_site()[VICTIM]).body)
    refused(lambda: world.opened(lone))


def subtracted(world: World) -> None:
    """As whoever may order rounds: with the victim, then without it."""
    assert world.opened(world.collected(world.terms(), by_site())).values == summed(by_site())
    others = {site: values for site, values in by_site().items() if site != VICTIM}
    refused(lambda: world.opened(world.collected(world.terms(), others)))


def by_the_hub(world: World) -> None:
    """As the hub, with everything that passes it: the sealed key and all replies, but not the opener's secret."""
    whole = world.collected(world.terms(), by_site())
    signed = ordered(whole, world.environment, NOW)
    replies, hub = world.answers(signed), World()
    refused(lambda: hub.opener.open(signed, whole.body, replies, world.made.key, NOW))


def refused(act: Callable[[], Any]) -> None:
    """Hold that this opens nothing."""
    try:
        found = act()
    except SpeError:
        return
    raise AssertionError(f"opened: {found.values}")


@pytest.mark.parametrize("attempt", [alone, passed_off, subtracted, by_the_hub])
def test_it_holds(attempt: Callable[[World], None]) -> None:
    attempt(World())


def everybody(*_: Any) -> None:
    """Judge nothing."""


def unjudged(slots: list[Numbers], values: int, _seeds: dict[int, bytes]) -> Numbers:
    """Return the values whoever is on the roll."""
    return slots[0][64 : 64 + values]


def test_it_falls_without_the_minimum_of_contributors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule on changes of cohorts alone would refuse a lone contributor too."""
    monkeypatch.setattr(holder, "admit", everybody)
    alone(World())
    monkeypatch.setattr(order, "enough", everybody)
    with pytest.raises(AssertionError, match="opened"):
        alone(World())


def test_it_falls_without_the_roll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "unpacked", unjudged)
    with pytest.raises(AssertionError, match="opened"):
        passed_off(World())


def test_it_falls_without_the_rule_on_changes_of_cohorts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "admit", everybody)
    with pytest.raises(AssertionError, match="opened"):
        subtracted(World())


def test_it_falls_where_the_hub_is_the_opener() -> None:
    """The control of the last one: with the opener's secret, what passed the hub does open."""
    world = World()
    whole = world.collected(world.terms(), by_site())
    signed = ordered(whole, world.environment, NOW)
    assert world.opener.open(signed, whole.body, world.answers(signed), world.made.key, NOW).values
