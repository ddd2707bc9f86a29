"""H2: the hub, a site and k - 1 key holders together learn nothing of another site.

With one key for all sites they do: `tests/native/test_library.py` shows that.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spe.crypto.addressed import Reader, new_secret
from spe.crypto.signing import StatementKind
from spe.errors import IntegrityFailure, SpeError
from spe.federation.aggregate import Aggregate, Aggregator
from spe.federation.contribution import Origin, contribute
from spe.federation.keys import certified
from spe.federation.model import SiteKey, Terms
from spe.federation.order import order
from spe.federation.refusals import Refused, Why
from tests.sumkeys import ENGINE, added
from tests.summing import LAYOUT, NOW, SITES, World, by_site, changed, signer

VICTIM, ACCOMPLICE = SITES[0], SITES[1]


def test_hub_site_and_two_of_three_holders_open_nothing() -> None:
    world = World()
    aggregate = world.collected(world.terms(), by_site())
    signed = order(aggregate, world.environment, NOW)
    theirs = [world.made.shares[name] for name in world.holder_names[:2]]
    victims = world.contribution(aggregate.terms, VICTIM, by_site()[VICTIM])
    with pytest.raises(IntegrityFailure):
        ENGINE.open(world.made.key.public, world.made.key.sealed, theirs, victims.body)
    # What honest holders send for an honest order is sealed to the opener: whoever carries it can't read it.
    for reply in world.answers(signed):
        sealed = reply.statement.encode()
        with pytest.raises(SpeError):
            Reader(new_secret()).open(sealed, b"")


def test_a_key_of_the_hubs_own_is_not_encrypted_under() -> None:
    """The hub makes a key of its own and hands it to the sites as if it were the holders'."""
    world = World()
    public, sealed, _ = ENGINE.deal(3, 5)
    certifiers = {name: key.public for name, key in world.certifiers.items()}
    with pytest.raises(IntegrityFailure):
        certified(replace(world.made.key, public=public, sealed=sealed), certifiers)
    forged = {
        name: changed(one, signer(StatementKind.SUM_KEY, name), key=public.key)
        for name, one in world.made.key.statements.items()
    }
    with pytest.raises(IntegrityFailure):
        certified(replace(world.made.key, public=public, sealed=sealed, statements=forged), certifiers)


ATTEMPTS = (
    "signed by the hub",
    "one contributor",
    "two contributors",
    "contributors made up",
    "another opener",
    "one header for three sites",
    "an altered order",
)


def forged_orders(world: World, aggregate: Aggregate) -> dict[str, Callable[[], Any]]:
    """Return what a hub may try, without and with the environment's own key, to have one contribution opened."""
    hub, real = signer(StatementKind.OPENING, "hub"), order(aggregate, world.environment, NOW)
    terms, victim = aggregate.terms, {VICTIM: aggregate.headers[VICTIM]}
    own = World(SITES)
    other = replace(terms, opener=own.reader.address.hex())
    alone = replace(aggregate, headers=victim)
    two = replace(aggregate, headers={**victim, ACCOMPLICE: aggregate.headers[ACCOMPLICE]})
    made_up = {
        site: own.contribution(terms_under(own, terms), site, by_site()[site]).header for site in SITES[2:4]
    }
    return {
        "signed by the hub": lambda: order(aggregate, hub, NOW),
        "one contributor": lambda: order(alone, world.environment, NOW),
        "two contributors": lambda: order(two, world.environment, NOW),
        "contributors made up": lambda: order(
            replace(two, headers={**two.headers, **made_up}), world.environment, NOW
        ),
        "another opener": lambda: order(replace(aggregate, terms=other), world.environment, NOW),
        "one header for three sites": lambda: order(
            replace(aggregate, headers=dict.fromkeys(SITES[:3], victim[VICTIM])), world.environment, NOW
        ),
        "an altered order": lambda: replace(real, statement=real.statement.replace(VICTIM, ACCOMPLICE)),
    }


def terms_under(world: World, terms: Terms) -> Terms:
    return replace(terms, key=world.made.terms.key)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_holders_give_no_share_for_what_is_not_a_sum_of_enough(attempt: str) -> None:
    world = World()
    aggregate = world.collected(world.terms(), by_site())
    signed = forged_orders(world, aggregate)[attempt]()
    for name in world.holder_names:
        with pytest.raises((Refused, IntegrityFailure)):
            world.holder(name).answer(signed, NOW)
    assert all(record.found == [] for record in world.records.values())


def test_a_sum_that_holds_one_contribution_only_does_not_open_under_an_honest_order() -> None:
    """The hub orders the opening of five, and gives the opener the victim's ciphertexts as their sum."""
    world = World()
    aggregate = world.collected(world.terms(), by_site())
    alone = world.contribution(aggregate.terms, VICTIM, by_site()[VICTIM])
    lying = replace(aggregate, body=alone.body)
    with pytest.raises(IntegrityFailure, match="roll"):
        world.opened(lying)


def test_a_site_that_copies_a_strangers_ciphertext_into_its_own_opens_no_sum() -> None:
    """Hub and accomplice: the victim counted twice would, with an honest round, single it out."""
    world = World()
    terms = world.terms()
    victims = world.contribution(terms, VICTIM, by_site()[VICTIM])
    own = world.contribution(terms, ACCOMPLICE, by_site()[ACCOMPLICE])
    doubled = added([victims.body, own.body], LAYOUT.length)
    header = changed(own.header, world.site_keys[ACCOMPLICE], sha256=_sha256(doubled))
    aggregator_takes = [victims.to_bytes(), replace(own, header=header, body=doubled).to_bytes()]
    aggregator_takes += [world.contribution(terms, site, by_site()[site]).to_bytes() for site in SITES[2:]]
    aggregator = Aggregator(terms, world.directory)
    for one in aggregator_takes:
        aggregator.accept(io.BytesIO(one))
    with pytest.raises(IntegrityFailure, match="roll"):
        world.opened(aggregator.close())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_fourth_site_that_the_hub_enrols_for_itself_is_no_contributor_to_a_holder() -> None:
    world = World(SITES[:3])
    sybil = signer(StatementKind.CONTRIBUTION, "sybil")
    aggregate = world.collected(world.terms(), by_site(3))
    terms = replace(aggregate.terms, sites=(VICTIM, ACCOMPLICE, "sybil"))
    origin = Origin("sybil", "data", "c1")
    forged = contribute(terms, origin, by_site()[VICTIM], world.encryptor, sybil)
    headers = {
        VICTIM: aggregate.headers[VICTIM],
        ACCOMPLICE: aggregate.headers[ACCOMPLICE],
        "sybil": forged.header,
    }
    signed = order(Aggregate(terms, headers, aggregate.body), world.environment, NOW)
    hubs_own = {**world.directory, "sybil": SiteKey("sybil", "org-sybil", sybil.public)}
    assert set(hubs_own) - set(world.directory) == {"sybil"}
    with pytest.raises(IntegrityFailure, match="enrolled"):
        world.holder("holder-1").answer(signed, NOW)


def test_what_the_hub_sees_of_two_sites_tables_is_the_same_size_whatever_they_hold() -> None:
    world = World()
    terms = world.terms()
    bodies = [world.contribution(terms, site, values).body for site, values in by_site(4).items()]
    assert len({len(body) for body in bodies}) == 1
    spread = [np.frombuffer(body, np.uint8).mean() for body in bodies]
    assert max(spread) - min(spread) < 5


def test_the_minimum_is_no_setting() -> None:
    world = World()
    two = replace(world.collected(world.terms(), by_site()), headers={})
    with pytest.raises(Refused) as refused:
        world.answers(order(two, world.environment, NOW))
    assert refused.value.why is Why.TOO_FEW_SITES
