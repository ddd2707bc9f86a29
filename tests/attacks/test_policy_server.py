"""B1: what a policy server may answer, or not, and none of it allows; each denial says what was wrong."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Iterator

import pytest

from spe.adapters.opa_engine import OpaEngine, opa_address
from spe.adapters.policy_point import PolicyPoint
from spe.errors import Malformed
from spe.policy import unasked
from spe.policy.judge import LARGEST_ANSWER
from tests.attacks.policy_replies import ALLOW, DECISION, KNOWN, HostileServer, hostile_point, http, malformed
from tests.unit.policy.good_questions import GOOD

Asked = tuple[HostileServer, PolicyPoint]
QUESTION = GOOD["run.stop"]


@pytest.fixture
def asked() -> Iterator[Asked]:
    with hostile_point() as both:
        yield both


def codes(asked: Asked, said: bytes) -> list[str]:
    server, point = asked
    server.reply = lambda _: said
    verdict = point.ask(QUESTION)
    assert not verdict.allow
    assert (verdict.obligations, verdict.profile) == ((), {})
    return [reason.code for reason in verdict.reasons]


def test_the_one_good_answer_allows_so_that_the_others_mean_something(asked: Asked) -> None:
    assert asked[1].ask(QUESTION).allow
    asked[0].reply = lambda _: http(json.dumps({"decision_id": "x", "result": DECISION}).encode())
    assert asked[1].ask(QUESTION).allow


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (http(b'{"result": "true"}'), "policy_malformed"),
        (http(b'{"result": true}'), "policy_malformed"),
        (http(b'{"result": {}}'), "policy_undefined"),
        (http(b'{"result": null}'), "policy_undefined"),
        (http(json.dumps({"result": [DECISION]}).encode()), "policy_malformed"),
        (http(json.dumps({"result": {"result": DECISION}}).encode()), "policy_malformed"),
        (http(json.dumps({"result": DECISION, "more": 1}).encode()), "policy_malformed"),
        (http(b'{"result": {}, ' + ALLOW[1:]), "policy_malformed"),
        (http(ALLOW.replace(b'"allow": true', b'"allow": false, "allow": true')), "policy_malformed"),
        (http(b"\xff" + ALLOW), "policy_malformed"),
        (http(ALLOW.decode().encode("utf-16")), "policy_malformed"),
        (http(gzip.compress(bytes(50 << 20)), "200 OK", "Content-Encoding: gzip"), "policy_malformed"),
        (http(gzip.compress(ALLOW), "200 OK", "Content-Encoding: gzip"), "policy_malformed"),
        (http(b" " * (LARGEST_ANSWER + 5000) + ALLOW), "policy_malformed"),
        (http(ALLOW.replace(b"b" * 64, b"c" * 64)), unasked.OTHER_BUNDLE),
        (http(ALLOW.replace(b"b" * 64, b"e" * 64)), unasked.STALE),
        (http(ALLOW.replace(b"run.stop", b"run.start")), "policy_other_gate"),
        (http(ALLOW, "500 Internal Server Error"), unasked.FAILED),
        (http(ALLOW, "404 Not Found"), unasked.UNREACHABLE),
        (http(ALLOW, "503 Service Unavailable"), unasked.UNREACHABLE),
        (http(ALLOW, "307 Temporary Redirect", "Location: /v1/data/mine"), unasked.UNREACHABLE),
        (b"", unasked.UNREACHABLE),
        (b"\x16\x03\x01", unasked.UNREACHABLE),
        (http(ALLOW, length=len(ALLOW) + 5).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), unasked.UNREACHABLE),
    ],
)  # fmt: skip
def test_a_reply_that_is_no_answer_is_denied_by_its_name(asked: Asked, said: bytes, code: str) -> None:
    assert codes(asked, said) == [code]


def test_an_undefined_answer_is_explained_by_what_the_server_has_loaded(asked: Asked) -> None:
    server, point = asked
    for message, code in {
        "bundle missing .signatures.json file": unasked.UNSIGNED,
        "failed to verify JWT signature: invalid": unasked.WRONG_SIGNATURE,
        "no such file": unasked.NO_BUNDLE,
    }.items():
        status = http(json.dumps({"result": {"bundles": {"spe": {"message": message}}}}).encode())
        server.reply = lambda head, status=status: http(b"{}") if head.startswith(b"POST") else status  # type: ignore[misc]
        assert [reason.code for reason in point.ask(QUESTION).reasons] == [code]
    loaded = http(json.dumps({"result": {"bundles": {"spe": {"active_revision": "b"}}}}).encode())
    server.reply = lambda head: http(b"{}") if head.startswith(b"POST") else loaded
    assert [reason.code for reason in point.ask(QUESTION).reasons] == ["policy_undefined"]


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nA", http(ALLOW)[:-3], b""])
def test_a_server_that_dawdles_is_late_wherever_it_does(drip: bytes) -> None:
    with hostile_point(seconds=0.4) as (server, point):
        began = time.monotonic()

        def slowly(_: bytes) -> bytes:
            time.sleep(1.0)
            return drip or b"x"

        server.reply = (lambda _: drip) if drip else slowly
        verdict = point.ask(QUESTION)
        assert [reason.code for reason in verdict.reasons] == [unasked.LATE]
        assert time.monotonic() - began < 30


def test_a_server_that_is_not_there_is_unreachable_and_one_that_comes_back_is_asked_again() -> None:
    with hostile_point() as (server, point):
        replies = iter([b"", b"", http(ALLOW)])
        server.reply = lambda _: next(replies)
        assert point.ask(QUESTION).allow
        assert len(server.asked) == 3
        server.close()
        assert [reason.code for reason in point.ask(QUESTION).reasons] == [unasked.UNREACHABLE]


def test_a_cookie_a_redirect_and_a_proxy_in_the_environment_change_nothing(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server, point = asked
    server.reply = lambda _: http(ALLOW, "200 OK", "Set-Cookie: a=b; Path=/")
    assert point.ask(QUESTION).allow
    assert point.ask(QUESTION).allow
    assert b"ookie" not in b"".join(server.asked)
    assert {head.split(b"\r\n")[0] for head in server.asked} == {b"POST /v1/data/spe/main/decision HTTP/1.1"}


@pytest.mark.parametrize(
    "url",
    ["http://opa.example.org:8181", "ftp://127.0.0.1", "https://", "http://127.0.0.1:8181/v0", "http://a@127.0.0.1:1",
     "http://127.0.0.1:99999", "http://127.0.0.1:8181?x=1", "127.0.0.1:8181", ""],
)  # fmt: skip
def test_a_server_elsewhere_is_asked_by_https_only_and_an_address_is_nothing_but_one(url: str) -> None:
    with pytest.raises(Malformed, match="SPE_POLICY_URL"):
        opa_address(url)


def test_a_plain_server_where_tls_is_expected_denies(asked: Asked) -> None:
    engine = OpaEngine(opa_address(f"https://127.0.0.1:{asked[0].port}"), 0.5, 1, pause=0.0)
    point = PolicyPoint(engine, KNOWN)
    assert {reason.code for reason in point.ask(QUESTION).reasons} <= {unasked.UNREACHABLE, unasked.LATE}
    point.close()


def test_no_malformed_reply_allows(asked: Asked) -> None:
    rng = random.Random(20260401)
    for _ in range(600):
        assert codes(asked, malformed(rng))


def results(*decisions: object) -> bytes:
    return http(json.dumps({"result": list(decisions)}).encode())


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (results(DECISION, DECISION), ["", "policy_other_gate"]),
        (results(DECISION, {**DECISION, "gate": "record.read", "allow": "true"}), ["", "policy_malformed"]),
        (results(DECISION, None), ["", "policy_undefined"]),
        (results({**DECISION, "bundle": "e" * 64}, DECISION), [unasked.STALE, "policy_other_gate"]),
        (results(DECISION), ["policy_malformed"] * 2),
        (results(DECISION, DECISION, DECISION), ["policy_malformed"] * 2),
        (results([DECISION, DECISION]), ["policy_malformed"] * 2),
        (http(json.dumps({"result": {"0": DECISION, "1": DECISION}}).encode()), ["policy_malformed"] * 2),
        (http(ALLOW), ["policy_malformed"] * 2),
        (http(b'{"result": true}'), ["policy_malformed"] * 2),
        (http(b"{}", "500 Internal Server Error"), [unasked.FAILED] * 2),
        (http(b"[]"), ["policy_malformed"] * 2),
        (b"", [unasked.UNREACHABLE] * 2),
    ],
)  # fmt: skip
def test_of_several_questions_each_is_allowed_by_its_own_decision_in_its_place_only(
    asked: Asked, said: bytes, codes: list[str]
) -> None:
    server, point = asked
    server.reply = lambda _: said
    verdicts = point.ask_each((QUESTION, GOOD["record.read"]))
    assert [one.reasons[0].code if one.reasons else "" for one in verdicts] == codes
    assert [one.allow for one in verdicts] == [code == "" for code in codes]


def test_no_malformed_reply_to_several_questions_allows_any(asked: Asked) -> None:
    server, point = asked
    rng = random.Random(20260402)
    for _ in range(300):
        said = malformed(rng)
        server.reply = lambda _, said=said: said  # type: ignore[misc]
        assert not any(one.allow for one in point.ask_each((QUESTION, QUESTION)))
