"""The strict judge: makes a Verdict of an engine's answer, and a denial of whatever is not exactly one.

An answer is one JSON object: `{"allow": truth, "gate": text, "reasons": [{"code", "params"}], "obligations":
[{"code", "params"}], "profile": object, "bundle": text}`, nothing more, nothing less.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from spe.errors import Reason
from spe.policy.model import Obligation, Verdict
from spe.policy.profiles import PROFILES
from spe.policy.unasked import OTHER_BUNDLE, STALE

LARGEST_ANSWER = 1 << 18
_KEYS = {"allow", "gate", "reasons", "obligations", "profile", "bundle"}


@dataclass(frozen=True, slots=True)
class Known:
    """What an answer may contain: the digest of the bundle asked, its reason codes, the obligations we fulfil.

    `earlier` are bundles that were in force once: an answer of one of them is denied by a name of its own.
    """

    bundle: str
    reasons: frozenset[str]
    obligations: frozenset[str]
    earlier: frozenset[str] = frozenset()


class _Bad(Exception):
    """The answer is no answer; `code` says in which way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def denial(gate: str, known: Known, code: str) -> Verdict:
    """Return the denial for an answer that could not be had or read."""
    return Verdict(gate, False, (Reason(code),), (), {}, known.bundle)


def judge(answer: bytes, gate: str, known: Known) -> Verdict:
    """Return the verdict in `answer`, or a denial whose one reason says what is wrong with it; never raises.

    Codes: policy_undefined, policy_malformed, policy_other_gate, policy_other_bundle, policy_stale_bundle,
    policy_unknown_reason, policy_unknown_obligation, policy_contradiction.
    """
    try:
        return _verdict(_read(answer), gate, known)
    except _Bad as bad:
        return denial(gate, known, bad.code)


def _verdict(answer: dict[str, Any], gate: str, known: Known) -> Verdict:
    if set(answer) != _KEYS or type(answer["allow"]) is not bool:
        raise _Bad("policy_malformed")
    if answer["gate"] != gate:
        raise _Bad("policy_other_gate")
    if answer["bundle"] != known.bundle:
        raise _Bad(STALE if answer["bundle"] in list(known.earlier) else OTHER_BUNDLE)
    reasons = tuple(
        Reason(*pair) for pair in _coded(answer["reasons"], known.reasons, "policy_unknown_reason")
    )
    duties = _coded(answer["obligations"], known.obligations, "policy_unknown_obligation")
    verdict = Verdict(
        gate,
        answer["allow"],
        reasons,
        tuple(Obligation(*pair) for pair in duties),
        _profile(answer),
        known.bundle,
    )
    _must_agree(verdict)
    return verdict


def _must_agree(verdict: Verdict) -> None:
    """An allow has no reasons and the profile of its gate; a denial has reasons and neither duties nor profile."""
    if verdict.allow is bool(verdict.reasons):
        raise _Bad("policy_contradiction")
    if not verdict.allow and (verdict.obligations or verdict.profile):
        raise _Bad("policy_contradiction")
    if verdict.allow and set(verdict.profile) != PROFILES.get(verdict.gate, frozenset()):
        raise _Bad("policy_malformed")


def _coded(value: Any, known: frozenset[str], code: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    if type(value) is not list or not all(
        type(item) is dict and set(item) == {"code", "params"} for item in value
    ):
        raise _Bad("policy_malformed")
    for item in value:
        if type(item["code"]) is not str:
            raise _Bad("policy_malformed")
        if item["code"] not in known:
            raise _Bad(code)
    return sorted({(item["code"], _params(item["params"])) for item in value})


def _params(value: Any) -> tuple[tuple[str, str], ...]:
    if type(value) is not dict or not all(type(text) is str for text in value.values()):
        raise _Bad("policy_malformed")
    return tuple(sorted(value.items()))


def _profile(answer: Mapping[str, Any]) -> dict[str, Any]:
    profile = answer["profile"]
    if type(profile) is not dict:
        raise _Bad("policy_malformed")
    return profile


def _read(answer: bytes) -> dict[str, Any]:
    if len(answer) > LARGEST_ANSWER:
        raise _Bad("policy_malformed")
    if answer.strip() in {b"", b"{}", b"[]", b"null", b"undefined"}:
        raise _Bad("policy_undefined")
    try:
        value = json.loads(answer.decode("utf-8"), object_pairs_hook=_members, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _Bad("policy_malformed") from None
    if type(value) is not dict:
        raise _Bad("policy_malformed")
    return cast("dict[str, Any]", value)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Bad("policy_malformed")
    return members


def _refuse(_: str) -> NoReturn:
    raise _Bad("policy_malformed")
