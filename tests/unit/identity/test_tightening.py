from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.adapters.personas import PERSONAS
from spe.identity.claims import CLAIMS, Need
from spe.identity.realm import API, CLI, LEVELS, PORTAL, ROLES, clients, mappers, realm
from spe.identity.tightening import (
    AtLeast,
    AtMost,
    Exactly,
    Including,
    PasswordPolicy,
    Ranked,
    Wanted,
    differences,
    merged,
)

URL = "https://spe.example.eu"
TLS = ("none", "external", "all")


@pytest.mark.parametrize(
    ("want", "found", "becomes"),
    [
        (Exactly(True), False, True),
        (Exactly("a"), None, "a"),
        (AtMost(300), 900, 300),
        (AtMost(300), 60, 60),
        (AtMost(300), None, 300),
        (AtMost(300), 0, 300),
        (AtMost(300), -1, 300),
        (AtMost(300), True, 300),
        (AtMost(300), "60", 300),
        (AtMost(0, least=0), 0, 0),
        (AtLeast(60), 10, 60),
        (AtLeast(60), 600, 600),
        (AtLeast(60), None, 60),
        (Ranked("external", TLS), "none", "external"),
        (Ranked("external", TLS), "all", "all"),
        (Ranked("external", TLS), "odd", "external"),
        (Including(("a", "b")), ["b", "c"], ["b", "c", "a"]),
        (Including(("a",)), None, ["a"]),
        (PasswordPolicy(12), None, "length(12)"),
        (PasswordPolicy(12), "length(8) and digits(1)", "length(12) and digits(1)"),
        (
            PasswordPolicy(12),
            "notUsername(undefined) and length(20)",
            "length(20) and notUsername(undefined)",
        ),
        (PasswordPolicy(12), "length(x)", "length(12)"),
    ],
)
def test_what_is_looser_is_mended_and_what_is_stricter_stays(want: Any, found: Any, becomes: Any) -> None:
    assert want.met(found) == becomes
    assert want.met(becomes) == becomes


@given(st.one_of(st.none(), st.integers(), st.booleans(), st.text(max_size=5)))
def test_no_number_ever_gets_looser_than_it_was(found: Any) -> None:
    for want, looser in ((AtMost(300), max), (AtLeast(60), min)):
        becomes = want.met(found)
        if type(found) is int and (found > 0 or isinstance(want, AtLeast)):
            assert looser(becomes, found) == found


@given(st.dictionaries(st.sampled_from([*realm(), "other"]), st.one_of(st.integers(0, 10**6), st.booleans(), st.text(max_size=9))))  # fmt: skip
def test_what_was_mended_once_needs_nothing_more_and_the_rest_is_left_alone(found: dict[str, Any]) -> None:
    done = merged(found, realm())
    assert list(differences(done, realm())) == []
    assert done.get("other") == found.get("other")


def test_a_difference_names_its_place_what_is_there_and_what_will_be() -> None:
    wanted: Wanted = {"a": {"b": Exactly("1")}, "c": Exactly(True)}
    told = list(differences({"a": {"b": "2"}, "c": True}, wanted, "client x"))
    assert [(one.path, one.found, one.wanted) for one in told] == [("client x.a.b", "2", "1")]


def test_attributes_are_texts_and_compare_as_such() -> None:
    assert list(differences({"a": "true"}, {"a": Exactly(True)})) == []


def test_no_client_but_the_portal_has_a_browser_flow_and_none_takes_passwords() -> None:
    for name, want in clients(URL).items():
        done = merged({}, want)
        assert not done["directAccessGrantsEnabled"]
        assert not done["implicitFlowEnabled"]
        assert not done["fullScopeAllowed"]
        assert done["standardFlowEnabled"] == (name == PORTAL)
        assert done["publicClient"] == (name == CLI)
    assert set(clients(URL)) == {API, PORTAL, CLI}


def test_tokens_get_the_claims_of_the_table_and_no_others() -> None:
    written = {dict(one.config).get("claim.name", one.name) for one in mappers()} - {"audience"}
    read = {claim.name for claim in CLAIMS if claim.need in {Need.REQUIRED, Need.OPTIONAL}}
    assert written <= read
    assert {"organisation", "roles"} <= written
    assert set(ROLES) == {role.value for persona in PERSONAS for role in persona.roles}
    assert LEVELS["second-factor"] == "2"
