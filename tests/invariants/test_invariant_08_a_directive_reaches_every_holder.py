"""A directive reaches every holder of a subject's data, each answers with a signed receipt, and the rule of the legal basis decides what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from spe.crypto.note import parse_public_key
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed, check
from spe.errors import SpeError
from spe.output.check import CheckOffice
from spe.permit.reaction import ReactionProfile
from spe.release.office import ReleaseOffice
from spe.worker import reactions
from spe.worker.reactions import Reactions
from tests.builders import MILANO, patients
from tests.cast import Cast

ANSWERS = {("cohort", "removed"), ("output", "held"), ("run", "stopped"), ("release", "held")}


@dataclass(slots=True)
class Scene:
    """A permit with approved code, and the subjects who have said nothing yet."""

    cast: Cast
    permit: str
    code: str
    subjects: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def scene(cast: Cast) -> Scene:
    (table,) = cast.given_data(patients())
    permit = cast.given_permit(table)
    code = cast.given_code(permit)
    cast.researcher.opens(permit, MILANO)
    return Scene(cast, permit, code, list(table.subjects))


def holds(scene: Scene) -> None:
    """Have a run in progress, a table approved and its release asked for; withdraw; read what every holder answers."""
    cast, researcher, subject = scene.cast, scene.cast.researcher, scene.subjects.pop()
    output = cast.given_approved(cast.given_run(scene.permit, scene.code)["therapy"]["id"])
    slow = researcher.starts(scene.permit, MILANO, scene.code, seconds=30)
    cast.world.until(lambda: researcher.hears(slow)["state"] == "running")
    release = researcher.asks_release(scene.permit, MILANO, output)
    try:
        cast.holder().records(MILANO, (subject, "withdrawal", "*"))
        cast.world.tick()
        receipts = cast.auditor.receipts(MILANO, subject)
        told = {(one["holder"], one["action"]) for one in receipts}
        assert told >= ANSWERS, f"no word from {sorted(ANSWERS - told)}"
        key = parse_public_key(cast.auditor.key("receipt"))
        for one in receipts:
            assert _verifies(Signed(one["statement"], one["signature"]), key), "a receipt is not signed"
        assert researcher.hears(slow)["state"] == "stopped_by_holder", "a run goes on without consent"
        assert researcher.release(release)["status"] != "released", "a table with her in it leaves"
    finally:
        cast.world.until(lambda: _over(scene, slow, release))


def test_every_holder_answers_and_does_what_the_rule_says(scene: Scene) -> None:
    holds(scene)


def _forget_outputs(patch: pytest.MonkeyPatch) -> None:
    """One holder, the outputs, is not told."""
    patch.setattr(CheckOffice, "react", lambda *_: ())


def _forget_releases(patch: pytest.MonkeyPatch) -> None:
    """Another holder, the releases, is not told."""
    patch.setattr(ReleaseOffice, "react", lambda *_: ())


def _say_but_not_do(patch: pytest.MonkeyPatch) -> None:
    """Holders hear a rule by which nothing has to stop."""
    real = ReactionProfile.parse.__func__  # type: ignore[attr-defined]
    patch.setattr(
        ReactionProfile, "parse", classmethod(lambda kind, raw: kind(False, False, real(kind, raw).rebuild))
    )


def _unsigned(patch: pytest.MonkeyPatch) -> None:
    """Receipts are written and not signed."""
    patch.setattr(reactions, "sign", lambda _key, statement: Signed(str(statement), ""))


@pytest.mark.parametrize(
    ("broken", "seen"),
    [
        (_forget_outputs, "no word from .*output"),
        (_forget_releases, "no word from .*release"),
        (_say_but_not_do, "no word from .*run"),
        (_unsigned, "not signed"),
    ],
)
def test_it_is_seen_when(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None], seen: str
) -> None:
    assert scene.cast.world.office(Reactions).holders
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=seen):
        holds(scene)


def _verifies(signed: Signed, key: object) -> bool:
    try:
        check(signed, key, StatementKind.RECEIPT)  # type: ignore[arg-type]
    except SpeError:
        return False
    return True


def _over(scene: Scene, run: str, release: str) -> bool:
    researcher = scene.cast.researcher
    if researcher.hears(run)["state"] == "running":
        researcher.world.call(researcher.id, "POST", f"/runs/{run}/stop")
    settled = researcher.get(f"/releases/{release}")["status"] not in {"pending", "held"}
    ready = scene.cast.holder().cohort(scene.permit, MILANO)["status"] == "current"
    return settled and ready and researcher.hears(run)["state"] != "running"
