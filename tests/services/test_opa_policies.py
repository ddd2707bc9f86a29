"""B3: what may not be built is not. What OPA says of the policies as they are is in `make check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.policy.builtins import allowed, capabilities
from spe.policy.bundle import build
from spe.policy.source_check import check_sources
from tests.services.opa_policies import check, opa, write_bundle

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]
_HEAD = "package spe.few\n\n"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('x := http.send({"method": "get", "url": "http://127.0.0.1"})', "undefined function http.send"),
        ('x := http["send"]({"method": "get", "url": "http://127.0.0.1"})', "undefined function http.send"),
        ("x := opa.runtime()", "undefined function opa.runtime"),
        ('x := $"{opa.runtime()}"', "template-strings are not supported"),
        ("x := time.now_ns()", "undefined function time.now_ns"),
        ('x := rand.intn("a", 3)', "undefined function rand.intn"),
        ('x := net.lookup_ip_addr("a")', "undefined function net.lookup_ip_addr"),
        ('x := uuid.rfc4122("a")', "undefined function uuid.rfc4122"),
        ('x := io.jwt.decode("a")', "undefined function io.jwt.decode"),
        ("x := 1 if count with count as http.send", "http"),
        ("x := walk(input)", "undefined function walk"),
        ("import data.spe.caller\nx := 1", "import data.spe.caller unused"),
        ("x := 1\n\nx if not_there", "unsafe"),
        ("x(y) := 1", "unused"),
    ],
)
def test_a_rule_that_reaches_out_or_is_careless_is_refused_by_opa_and_mostly_by_the_house_rules(
    tmp_path: Path, rule: str, said: str
) -> None:
    sources = {**read_sources(), "spe/few/more.rego": (_HEAD + rule + "\n").encode()}
    write_bundle(tmp_path / "bundle", build(sources, QUESTIONS))
    assert said in "".join(check(tmp_path / "bundle", tmp_path)), rule
    if "undefined function" in said or "template" in said:
        assert any("is banned" in problem for problem in check_sources(sources)), rule


def test_the_list_of_built_ins_holds_none_that_opa_calls_nondeterministic() -> None:
    known = json.loads(opa("capabilities", "--current").stdout)["builtins"]
    names = allowed(read_sources())
    assert names <= {one["name"] for one in known}
    assert {one["name"] for one in known if one.get("nondeterministic")} & names == set()


def test_no_built_in_is_allowed_that_no_policy_uses(tmp_path: Path) -> None:
    sources = read_sources()
    write_bundle(tmp_path / "all", build(sources, QUESTIONS))
    for path, data in sources.items():
        if path.endswith("_test.rego"):
            (tmp_path / "all" / path).write_bytes(data)
    (tmp_path / "all" / ".manifest").unlink()
    every = opa("capabilities", "--current").stdout.encode()
    for name in sorted(allowed(sources)):
        file = tmp_path / "less.json"
        file.write_bytes(capabilities(every, allowed(sources) - {name}))
        assert opa("check", "--capabilities", file, tmp_path / "all").returncode != 0, name
