from __future__ import annotations

import json
import random
from typing import Any, Final

import pytest

from spe.errors import Reason
from spe.policy.judge import LARGEST_ANSWER, Known, judge

BUNDLE: Final = "b" * 64
KNOWN: Final = Known(BUNDLE, frozenset({"permit_expired", "role_missing"}), frozenset({"publish"}))
ALLOW: Final[dict[str, Any]] = {
    "allow": True,
    "gate": "run.stop",
    "reasons": [],
    "obligations": [{"code": "publish", "params": {"where": "register"}}],
    "profile": {},
    "bundle": BUNDLE,
}
DENY: Final[dict[str, Any]] = ALLOW | {
    "allow": False,
    "reasons": [
        {"code": "role_missing", "params": {"roles": "chair"}},
        {"code": "permit_expired", "params": {}},
    ],
    "obligations": [],
}


def said(answer: Any, gate: str = "run.stop") -> tuple[str, ...]:
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    verdict = judge(raw, gate, KNOWN)
    assert not verdict.allow
    assert verdict.obligations == ()
    assert verdict.profile == {}
    return tuple(reason.code for reason in verdict.reasons)


def test_a_literal_allow_allows_with_its_obligations() -> None:
    verdict = judge(json.dumps(ALLOW).encode(), "run.stop", KNOWN)
    assert verdict.allow
    assert verdict.bundle == BUNDLE
    assert [(duty.code, duty.params) for duty in verdict.obligations] == [
        ("publish", (("where", "register"),))
    ]


def test_a_denial_gives_its_reasons_in_order() -> None:
    verdict = judge(json.dumps(DENY).encode(), "run.stop", KNOWN)
    assert verdict.reasons == (Reason("permit_expired"), Reason("role_missing", (("roles", "chair"),)))


@pytest.mark.parametrize("raw", [b"", b" ", b"{}", b"[]", b"null", b"undefined"])
def test_nothing_is_undefined(raw: bytes) -> None:
    assert said(raw) == ("policy_undefined",)


@pytest.mark.parametrize("value", ["true", 1, None, [True], {"allow": True}])
def test_only_a_literal_truth_allows(value: Any) -> None:
    assert said(ALLOW | {"allow": value}) == ("policy_malformed",)


@pytest.mark.parametrize(
    "raw",
    [
        b"true",
        b'"true"',
        b"\xff\xfe",
        b'{"allow": NaN}',
        b"[" * 100_000,
        b"{" * 5_000,
        b"<error>",
        b" " * (LARGEST_ANSWER + 1),
        json.dumps(ALLOW).encode().replace(b'"allow": true', b'"allow": false, "allow": true'),
        json.dumps(ALLOW).encode() + b"x",
        json.dumps([ALLOW]).encode(),
        json.dumps({"result": ALLOW}).encode(),
        json.dumps(ALLOW).encode("utf-16"),
    ],
)
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    assert said(raw) == ("policy_malformed",)


@pytest.mark.parametrize("key", sorted(ALLOW))
def test_an_answer_with_a_name_missing_is_malformed(key: str) -> None:
    assert said({name: value for name, value in ALLOW.items() if name != key}) == ("policy_malformed",)


def test_an_answer_with_a_name_too_many_is_malformed() -> None:
    assert said(ALLOW | {"Allow": True}) == ("policy_malformed",)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"gate": "run.start"}, "policy_other_gate"),
        ({"gate": 3}, "policy_other_gate"),
        ({"bundle": "c" * 64}, "policy_other_bundle"),
        ({"bundle": None}, "policy_other_bundle"),
        ({"obligations": [{"code": "dance", "params": {}}]}, "policy_unknown_obligation"),
        ({"obligations": [{"code": ["publish"], "params": {}}]}, "policy_malformed"),
        ({"obligations": [{"code": "publish"}]}, "policy_malformed"),
        ({"obligations": [{"code": "publish", "params": {"when": 3}}]}, "policy_malformed"),
        ({"obligations": {}}, "policy_malformed"),
        ({"reasons": [{"code": "mood", "params": {}}]}, "policy_unknown_reason"),
        ({"reasons": [{"code": "permit_expired", "params": {}}]}, "policy_contradiction"),
        ({"reasons": ["permit_expired"]}, "policy_malformed"),
        ({"reasons": None}, "policy_malformed"),
        ({"profile": {"version": 1}}, "policy_malformed"),
        ({"profile": []}, "policy_malformed"),
        ({"allow": False}, "policy_contradiction"),
    ],
)
def test_an_answer_that_is_off_in_one_place_denies_and_says_where(change: dict[str, Any], code: str) -> None:
    assert said(ALLOW | change) == (code,)


def test_a_denial_with_a_profile_or_a_duty_contradicts_itself() -> None:
    assert said(DENY | {"profile": {"x": 1}}) == ("policy_contradiction",)
    assert said(DENY | {"obligations": ALLOW["obligations"]}) == ("policy_contradiction",)


def test_an_allow_without_the_profile_of_its_gate_is_malformed() -> None:
    assert said(ALLOW | {"gate": "cohort.build"}, "cohort.build") == ("policy_malformed",)


def _changed(rng: random.Random) -> bytes:
    """The good answer with a byte, a stretch, a value or a name changed."""
    raw = bytearray(json.dumps(ALLOW).encode())
    kind = rng.randrange(6)
    if kind == 0:
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        start = rng.randrange(len(raw))
        del raw[start : start + rng.randrange(1, 20)]
    elif kind == 2:
        start = rng.randrange(len(raw))
        raw[start:start] = rng.randbytes(rng.randrange(1, 9))
    elif kind == 3:
        junk: list[Any] = [None, "true", 1, 0.5, {}, [ALLOW], {"a": ALLOW}]
        return json.dumps(ALLOW | {rng.choice(sorted(ALLOW)): rng.choice(junk)}).encode()
    elif kind == 4:
        return rng.randbytes(rng.randrange(300))
    else:
        name = rng.choice(sorted(ALLOW))
        return json.dumps(
            {(key.upper() if key == name else key): value for key, value in ALLOW.items()}
        ).encode()
    return bytes(raw)


def _is_an_allow(raw: bytes) -> bool:
    """A changed blank, or another parameter of a duty, leaves a well-formed allow; judged here by plain comparison."""
    try:
        answer = json.loads(raw)
        duties = answer.pop("obligations")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    rest = {name: value for name, value in ALLOW.items() if name != "obligations"}
    known = isinstance(duties, list) and all(
        isinstance(duty, dict) and duty.get("code") == "publish" for duty in duties
    )
    return bool(answer == rest and answer["allow"] is True and known)


def test_ten_thousand_malformed_answers_allow_nothing() -> None:
    rng = random.Random(20250327)
    asked = 0
    while asked < 10_000:
        raw = _changed(rng)
        if not _is_an_allow(raw):
            asked += 1
            verdict = judge(raw, "run.stop", KNOWN)
            assert not verdict.allow, raw
            assert verdict.reasons
