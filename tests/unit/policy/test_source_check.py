from __future__ import annotations

import pytest

from spe.adapters.policy_files import read_sources
from spe.policy.source_check import check_sources

HEAD = "# METADATA\n# scope: package\n# title: A\npackage spe.a\n"
BUILTINS = b'{"builtins": ["count", "array.concat"]}'
TEST = b"package spe.a_test\n\nimport data.spe.a\n\ntest_it_is_so if a.x\n"


def problems(rule: str, **more: bytes) -> list[str]:
    return check_sources(
        {"spe/a/a.rego": rule.encode(), "spe/a/a_test.rego": TEST, "builtins.json": BUILTINS, **more}
    )


def test_the_policies_pass() -> None:
    assert check_sources(read_sources()) == []


def test_a_plain_rule_passes() -> None:
    assert problems(HEAD + "x := 1\n") == []


@pytest.mark.parametrize(
    "call",
    [
        "http.send({})",
        "opa.runtime()",
        "opa.runtime().env",
        'rand.intn("a", 3)',
        "time.now_ns()",
        'net.lookup_ip_addr("a")',
        'rego.parse_module("a", "b")',
        'trace("a")',
        'print("a")',
        'uuid.rfc4122("a")',
        'io.jwt.decode("a")',
        "numbers.range(1, 2)",
        "counts(x)",
        'opa["runtime"]()',
        '$"{opa.runtime()}"',
        "$`{opa.runtime()}`",
        '"# " == http.send({})',
    ],
)
def test_what_reaches_outside_or_is_never_the_same_is_banned(call: str) -> None:
    assert any("banned" in problem for problem in problems(HEAD + f"x := {call}\n"))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("default allow := true\n", "by default"),
        ("default grounds := true\n", "by default"),
        ("x if { every y in input.z { not y } }\n", "every"),
        ("x if data.spe.b.y with input as {}\n", "with"),
        ("import data.other.b\nx := b.y\n", "not data.spe"),
        ("import data.spe.b\nx := 1\n", "never uses"),
        ('reasons contains {"code": "new", "params": {}} if true\n', "new has no METADATA"),
    ],
)
def test_what_breaks_a_house_rule_is_named(rule: str, said: str) -> None:
    assert any(said in problem for problem in problems(HEAD + rule))


def test_a_comment_may_name_what_is_banned() -> None:
    assert problems(HEAD + "# never http.send(x)\nx := 1\n") == []


def test_a_rule_without_a_test_beside_it_is_named() -> None:
    assert any(
        "_test.rego" in problem
        for problem in check_sources(
            {"spe/a/a.rego": (HEAD + "x := 1\n").encode(), "builtins.json": BUILTINS}
        )
    )


def test_a_package_is_its_folder() -> None:
    assert any("folder" in problem for problem in problems(HEAD.replace("spe.a", "spe.b") + "x := 1\n"))


def test_a_package_is_described_once() -> None:
    assert any("METADATA in 0 files" in problem for problem in problems("package spe.a\nx := 1\n"))
    more = {"spe/a/b.rego": (HEAD + "y := 1\n").encode()}
    assert any("METADATA in 2 files" in problem for problem in problems(HEAD + "x := 1\n", **more))


def test_a_field_of_the_question_is_no_use_of_an_import() -> None:
    rule = "import data.spe.caller\nx if input.caller.id\n"
    assert any("never uses" in problem for problem in problems(HEAD + rule))


def test_texts_that_do_not_belong_to_the_rule_under_them_are_named() -> None:
    texts = "".join(f"#   {key}: {{en: a, it: b}}\n" for key in ("message", "remedy"))
    rule = (
        f'# METADATA\n# title: T\n# custom:\n#   code: one\n{texts}#   reference: R\nx := {{"code": "two"}}\n'
    )
    assert any("another code" in problem for problem in problems(HEAD + "\n" + rule))


def test_an_obligation_that_spe_does_not_fulfil_is_named() -> None:
    texts = "".join(f"#   {key}: {{en: a, it: b}}\n" for key in ("message", "remedy"))
    rule = f'# METADATA\n# title: T\n# custom:\n#   obligation: dance\n{texts}#   reference: R\nx := {{"code": "dance"}}\n'
    assert any("dance" in problem for problem in problems(HEAD + "\n" + rule))


def test_what_is_listed_is_allowed_and_so_is_what_the_package_and_its_imports_define() -> None:
    rule = "import data.spe.b.c as d\nf(x) if count(x) > 0\nx := set() if f(array.concat([], [d.g(1)]))\n"
    assert problems(HEAD + rule) == []
    assert problems(HEAD + "x := f(1)\n", **{"spe/a/b.rego": b"package spe.a\nf(x) := x\n"}) == []


@pytest.mark.parametrize("listed", [b"", b"{}", b'{"builtins": {}}', b'{"builtins": [1]}', b"[]"])
def test_a_list_that_is_none_is_said(listed: bytes) -> None:
    assert problems(HEAD + "x := 1\n", **{"builtins.json": listed}) == [
        "builtins.json lists no built-in functions"
    ]
