from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from spe.adapters.issuer_keys import OLDEST, REFETCH, RENEW, parse_jwks
from spe.adapters.signed_claims import LEEWAY
from spe.adapters.tokens import CACHED
from spe.errors import NotSignedIn
from spe.identity.claims import CLAIMS, Claim, Need
from spe.identity.model import Role
from tests.attacks.forger import (
    GOOD,
    HEADER,
    ISSUER,
    KEY,
    NOW,
    OTHER,
    b64,
    jwks,
    refused,
    signed,
    swapped_algorithms,
    verifier,
    with_claim,
    without_claim,
)
from tests.fakes import FixedClock


def test_a_good_token_says_who_calls() -> None:
    person = verifier().verify(signed())
    assert (person.id, person.organisation, person.roles) == ("anna.ricci", "uni-bologna", (Role.DATA_USER,))
    assert (person.trained_until, person.member_until, person.holder) == (0, 0, "")


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_no_other_algorithm_is_taken_and_no_key_is_used_as_another() -> None:
    tokens = list(swapped_algorithms())
    assert len(tokens) > 40
    for token in tokens:
        refused(token)


def test_of_five_thousand_tokens_with_a_changed_byte_none_is_accepted() -> None:
    judge, good = verifier(), signed()
    forged = 0
    for at in range(len(good)):
        for step in range(1, 9):
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            if good[at] not in letters:
                continue
            changed = good[:at] + letters[(letters.index(good[at]) + step * 9) % 64] + good[at + 1 :]
            refused(changed, judge)
            forged += 1
    assert forged > 5000


def test_a_key_of_the_same_name_from_somebody_else_signs_nothing() -> None:
    refused(signed(key=OTHER))


@pytest.mark.parametrize(
    "kid",
    [
        "../../etc/passwd",
        "k1' OR '1'='1",
        "https://evil.example/jwks",
        "k1\x00",
        "K1",
        "",
        7,
        None,
        ["k1"],
        "k" * 4000,
    ],
)
def test_a_key_is_found_by_its_exact_name_only(kid: Any) -> None:
    refused(signed(kid=kid))


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": OTHER.as_dict(private=False)},
        {"x5c": ["MIIB"]},
        {"zip": "DEF"},
        {"cty": "JWT"},
    ],
)
def test_a_header_that_brings_its_own_key_or_an_unknown_demand_is_refused(extra: dict[str, Any]) -> None:
    refused(signed(**extra))
    refused(signed(key=OTHER, **extra))


@pytest.mark.parametrize("kind", ["JWT", "ID", None, "at+jwtx", 7, "application/", "logout+jwt"])
def test_a_token_of_another_type_is_no_access_token(kind: Any) -> None:
    refused(signed(typ=kind))


@pytest.mark.parametrize("kind", ["AT+JWT", "application/at+jwt"])
def test_a_type_is_compared_as_media_types_are(kind: str) -> None:
    assert verifier().verify(signed(typ=kind)).id == "anna.ricci"


_TIMES = (None, "1", float(NOW), NOW + 0.5, True, -1, 2**63, 10**30, [NOW], float("inf"), float("nan"))
BAD_CLAIMS: Mapping[str, tuple[Any, ...]] = {
    "iss": (f"{ISSUER}/", ISSUER.upper(), ISSUER[:-1], f"{ISSUER}x", "https://id.example.eu/realms/other", [ISSUER], None, ""),
    "aud": ("spe2", "SPE", "sp", "", [], ["account"], None, {"spe": 1}, [["spe"]], ["spe", 1]),
    "exp": (*_TIMES, NOW - LEEWAY, NOW + 10**7),
    "iat": (*_TIMES, NOW + LEEWAY + 1),
    "nbf": (*_TIMES, NOW + LEEWAY + 1),
    "azp": ("another-client", None),
    "sub": (None, "", 7, ["anna.ricci"], "a" * 129, "an\nna", "änna", "a\x00b", "worker", "api"),
    "organisation": (
        None, "", 7, {}, "x" * 129, [], ["uni-a"], ["/uni-a", "/uni-b"], ["/"], ["/a/uni-a"], [["/uni-a"]], ["//uni-a"],
        ["/uni-a/"], [None], ["/" + "x" * 129],
    ),
    "roles": (
        None, [], "data_user", {"data_user": True}, ["data_user", "admin"], ["worker"], ["data_user", "worker"],
        [None], [["auditor"]], ["data_user", "data_user"], ["Data_User"], ["data_user"] * 30,
    ),
    "holder": (None, "", 7, []),
    "trained_until": (None, "2030", 1.5, True, -1),
    "member_until": (None, "2030", 1.5, True, -1),
    "name": (None, 7, "x" * 201, "a\x1b[2Jb"),
    "typ": (None, "", "ID", "Refresh", "Logout", "bearer", 7, ["Bearer"]),
    "acr": (None, "", 2, True, ["second-factor"], {}),
    "auth_time": _TIMES,
    "sid": (None, "", 7, [], "s" * 129),
    "cnf": (None, {}, {"jkt": "x"}),
    "act": (None, {}, {"sub": "mario"}),
    "may_act": (None, {}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_CLAIMS.items() for value in values]
)
def test_a_claim_that_is_not_exactly_as_expected_is_refused(name: str, value: Any) -> None:
    refused(with_claim(name, value))


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "sub", "organisation", "roles"])
def test_a_token_without_a_required_claim_is_refused(name: str) -> None:
    refused(without_claim(name))


def test_a_group_path_names_the_organisation_as_its_name_does() -> None:
    assert verifier().verify(with_claim("organisation", ["/uni-bologna"])) == verifier().verify(signed())


@pytest.mark.parametrize(
    ("claims", "at"),
    [
        ({"acr": "second-factor", "auth_time": NOW - 7}, NOW - 7),
        ({"acr": "second-factor"}, 0),
        ({"auth_time": NOW - 7}, 0),
        ({"acr": "first-factor", "auth_time": NOW - 7}, 0),
        ({"acr": "Second-Factor", "auth_time": NOW - 7}, 0),
        ({"acr": "second-factor ", "auth_time": NOW - 7}, 0),
        ({}, 0),
    ],
)
def test_a_second_factor_was_proven_only_where_both_claims_say_so(claims: dict[str, Any], at: int) -> None:
    assert verifier().verify(signed({**GOOD, **claims})).second_factor_at == at


def test_a_second_factor_from_the_future_would_stay_fresh_and_is_refused() -> None:
    later = {"acr": "second-factor", "auth_time": NOW + LEEWAY}
    assert verifier().verify(signed({**GOOD, **later})).second_factor_at == NOW + LEEWAY
    refused(signed({**GOOD, **later, "auth_time": NOW + LEEWAY + 1}))


class Reading(dict[str, Any]):
    """Claims that remember which of them were looked at."""

    def __init__(self, claims: Mapping[str, Any]) -> None:
        super().__init__(claims)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return super().__contains__(name)


def test_the_verifier_reads_exactly_the_claims_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    full = {**GOOD, "acr": "second-factor", "auth_time": NOW, "nbf": NOW, "azp": "spe-cli", "typ": "Bearer"}
    read = Reading(full)
    monkeypatch.setattr("spe.adapters.tokens.signed_claims", lambda *_: read)
    verifier(clients=("spe-cli",)).verify("any")
    assert read.read == {claim.name for claim in CLAIMS if claim.need is not Need.IGNORED}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_the_table_says_of_each_claim_what_the_verifier_does(claim: Claim) -> None:
    if claim.need is Need.REQUIRED:
        refused(without_claim(claim.name))
    else:
        assert claim.name not in GOOD
        assert verifier().verify(signed()).id == "anna.ricci"
    if claim.need is Need.IGNORED:
        values: tuple[Any, ...] = (None, 7, "x" * 300, [], {"deep": [{}]})
        for value in values:
            assert verifier().verify(with_claim(claim.name, value)) == verifier().verify(signed())
    else:
        refused(with_claim(claim.name, None))


def test_a_claim_that_is_given_twice_is_refused() -> None:
    text = json.dumps(GOOD)
    refused(signed((text[:-1] + ', "roles": ["auditor"]}').encode()))


def test_leeway_cache_and_refetch_are_thirty_seconds_each() -> None:
    assert (LEEWAY, CACHED, REFETCH) == (30, 30, 30)


def test_times_have_a_leeway_of_thirty_seconds_and_no_more() -> None:
    assert verifier().verify(with_claim("exp", NOW - LEEWAY + 1)).id == "anna.ricci"
    assert verifier().verify(with_claim("nbf", NOW + LEEWAY)).id == "anna.ricci"


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))))
def test_no_text_at_all_crashes_the_verifier(text: str) -> None:
    for token in (text, f"{text}.{text}.{text}", f"Bearer {text}", signed().replace(".", text)):
        if token != signed():
            refused(token)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_no_signed_payload_that_is_no_set_of_claims_crashes_the_verifier(payload: Any) -> None:
    refused(signed(json.dumps(payload).encode()))


def test_oversized_and_deeply_nested_tokens_are_refused() -> None:
    refused(with_claim("name", "x" * 1_000_000))
    refused(signed(b"[" * 9000 + b"]" * 9000))
    refused("A" * 10_000_000)


def test_ten_thousand_unknown_keys_cause_at_most_one_fetch_in_thirty_seconds() -> None:
    clock, fetched = FixedClock(), []

    def source() -> bytes:
        fetched.append(clock.now())
        return jwks(KEY)

    judge = verifier(clock, source)
    judge.verify(signed())
    head = signed().partition(".")[2]
    for number in range(10_000):
        clock.go_on(0.003)
        forged = b64(json.dumps({**HEADER, "kid": f"k{number + 2}"}).encode())
        refused(f"{forged}.{head}", judge)
    assert len(fetched) == 2


def test_keys_can_be_rotated_while_calls_come() -> None:
    clock, new = FixedClock(), RSAKey.generate_key(2048, {"kid": "k2"})
    keys = [KEY]
    judge = verifier(clock, lambda: jwks(*keys))
    judge.verify(signed())
    keys.append(new)
    refused(signed(key=new, kid="k2"), judge)
    clock.go_on(REFETCH)
    assert judge.verify(signed(key=new, kid="k2")).id == "anna.ricci"
    keys.remove(KEY)
    clock.go_on(RENEW)
    refused(signed(), judge)


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"{}", b"[]", b"null", b'{"keys": []}', b'{"keys": {}}', b'{"keys": [7]}', b"\xff\xfe", b" " * 10**7,
     b'{"keys": [{"kty": "RSA", "kid": "k1"}]}', b'{"keys": [{"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"}]}'],
)  # fmt: skip
def test_an_issuer_that_answers_rubbish_opens_nothing_and_drops_nobody(answer: bytes) -> None:
    refused(signed(), verifier(FixedClock(), lambda: answer))
    with pytest.raises(NotSignedIn):
        parse_jwks(answer)
    clock, answers = FixedClock(), [jwks(KEY)]
    judge = verifier(clock, lambda: answers[-1])
    judge.verify(signed())
    answers.append(answer)
    clock.go_on(RENEW)
    assert judge.verify(signed()).id == "anna.ricci"


def test_an_issuer_that_is_down_is_not_believed_for_ever() -> None:
    clock, up = FixedClock(), [True]

    def source() -> bytes:
        if not up[0]:
            raise ConnectionError("down")
        return jwks(KEY)

    judge = verifier(clock, source)
    judge.verify(signed())
    up[0] = False
    clock.go_on(OLDEST)
    refused(signed({**GOOD, "iat": NOW + OLDEST, "exp": NOW + OLDEST + 600}), judge)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_keys_for_encryption_of_another_kind_or_too_short_are_passed_over() -> None:
    public = KEY.as_dict(private=False)
    short = RSAKey.generate_key(1024, {"kid": "short"}).as_dict(private=False)
    odd = [
        {**public, "use": "enc"},
        {**public, "alg": "PS256"},
        {**public, "kid": 7},
        short,
        {"kty": "oct", "k": "AAAA", "kid": "o"},
    ]
    with pytest.raises(NotSignedIn):
        parse_jwks(json.dumps({"keys": odd}).encode())
    assert list(parse_jwks(json.dumps({"keys": [*odd, public]}).encode())) == ["k1"]


def test_what_was_verified_is_believed_for_thirty_seconds_at_most() -> None:
    clock, keys = FixedClock(), [KEY]
    judge = verifier(clock, lambda: jwks(*keys))
    judge.verify(signed())
    keys[0] = OTHER
    clock.go_on(CACHED - 1)
    assert judge.verify(signed()).id == "anna.ricci"
    clock.go_on(RENEW)
    refused(signed(), judge)


def test_a_cached_token_still_expires_on_time() -> None:
    clock = FixedClock()
    judge, token = verifier(clock), with_claim("exp", NOW + 10)
    judge.verify(token)
    clock.go_on(10 + LEEWAY)
    refused(token, judge)


def test_after_a_purge_every_token_is_judged_anew() -> None:
    clock, keys = FixedClock(), [KEY]
    judge = verifier(clock, lambda: jwks(*keys))
    judge.verify(signed())
    keys[0] = OTHER
    clock.go_on(CACHED - 1)
    judge.purge()
    judge._keys._fetched = 0
    refused(signed(), judge)
