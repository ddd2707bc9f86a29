"""Directive kind x use of data: what policy says, and what the pure code then does to one subject."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from spe.consent.model import Directive, DirectiveKind, DirectiveProfile, allowed
from spe.policy.judge import judge
from tests.unit.policy.good_questions import NOW, good
from tests.unit.policy.test_shapes import engine

ISSUED: Final = NOW - 1000
USES: Final = (
    ("consortium", "6(1)(a)"),
    ("consortium", "6(1)(e)"),
    ("consortium", "6(1)(f)"),
    ("ehds", "6(1)(c)"),
    ("ehds", "6(1)(e)"),
    ("ehds", "6(1)(f)"),
)
TAKING: Final = ("withdrawal", "opt_out", "objection", "restriction")
OUT: Final = {
    ("consortium", "6(1)(a)"): {"withdrawal", "opt_out", "objection", "restriction"},
    ("consortium", "6(1)(e)"): {"opt_out", "objection", "restriction"},
    ("consortium", "6(1)(f)"): {"opt_out", "objection", "restriction"},
    ("ehds", "6(1)(c)"): {"opt_out", "restriction"},
    ("ehds", "6(1)(e)"): {"opt_out", "objection", "restriction"},
    ("ehds", "6(1)(f)"): {"opt_out", "objection", "restriction"},
}
CASES: Final = [(use, kind, when) for use in USES for kind in TAKING for when in (ISSUED - 50, ISSUED + 50)]


def directive(kind: str, effective: int, epoch: int = 1) -> Directive:
    return Directive(
        id=f"d-{epoch}", holder="hospital-1", subject="s", kind=DirectiveKind(kind), purpose="*",
        effective=effective, recorded=effective, epoch=epoch,
    )  # fmt: skip


def profile(use: tuple[str, str], **more: object) -> DirectiveProfile:
    document = good("cohort.build") | {"legal_basis": use[1], "issued": ISSUED, **more}
    document["permit"] = document["permit"] | {"route": use[0]}
    _, asked, known = engine()
    verdict = judge(asked.ask(document), "cohort.build", known)
    assert verdict.allow, verdict.reasons
    return DirectiveProfile.parse(verdict.profile)


def reaction(use: tuple[str, str], kind: str, effective: int, **more: object) -> dict[str, object]:
    changes = {"route": use[0], "legal_basis": use[1], "directive": kind, "directive_effective": effective}
    _, asked, known = engine()
    verdict = judge(
        asked.ask(good("reaction.rule") | changes | {"issued": ISSUED} | more), "reaction.rule", known
    )
    assert verdict.allow
    return dict(verdict.profile)


def spared(use: tuple[str, str], kind: str, effective: int) -> bool:
    return use[0] == "ehds" and kind == "opt_out" and effective > ISSUED


def stays(use: tuple[str, str], *said: Directive, **more: object) -> bool:
    heard = (directive("consent", 1, 0), *said)
    return bool(allowed(["s"], heard, profile(use, **more), "e", NOW))


@pytest.mark.parametrize(("use", "kind", "when"), CASES)
def test_a_directive_takes_its_subject_out_exactly_where_the_law_says(
    use: tuple[str, str], kind: str, when: int
) -> None:
    expected = kind in OUT[use] and not spared(use, kind, when)
    assert stays(use, directive(kind, when)) is not expected


@pytest.mark.parametrize(("use", "kind", "when"), CASES)
def test_running_use_stops_exactly_where_the_cohort_loses_the_subject(
    use: tuple[str, str], kind: str, when: int
) -> None:
    rule = reaction(use, kind, when)
    out = not stays(use, directive(kind, when))
    assert rule == {"version": 1, "stop_runs": out, "hold_outputs": out, "rebuild": out}


@pytest.mark.parametrize("use", USES)
def test_only_consent_as_basis_needs_a_consent(use: tuple[str, str]) -> None:
    assert bool(allowed(["s"], [], profile(use), "e", NOW)) is (use[1] != "6(1)(a)")


@pytest.mark.parametrize("use", USES)
def test_a_subject_who_opts_in_again_is_back(use: tuple[str, str]) -> None:
    back = replace(directive("opt_in_again", ISSUED - 40), epoch=2)
    assert stays(use, directive("opt_out", ISSUED - 50), back)


@pytest.mark.parametrize("use", USES)
def test_anonymised_data_lose_nobody(use: tuple[str, str]) -> None:
    for kind in TAKING:
        assert stays(use, directive(kind, ISSUED - 50), identifiability="anonymised")
        assert reaction(use, kind, ISSUED - 50, identifiability="anonymised")["stop_runs"] is False


def test_the_exception_leaves_opt_outs_in_but_nothing_else() -> None:
    use = ("ehds", "6(1)(c)")
    assert stays(use, directive("opt_out", ISSUED - 50), opt_out_exception=True)
    assert not stays(use, directive("restriction", ISSUED - 50), opt_out_exception=True)
