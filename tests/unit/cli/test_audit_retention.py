from __future__ import annotations

import pytest

from spe.audit.events import StaffRef
from spe.audit.records import Stored
from spe.cli.hints import show_hints
from spe.cli.options import Options
from spe.errors import Reason
from spe.oversight.model import Hold
from tests.unit.cli.typed import Typed
from tests.unit.web.served import World

HINT = {
    "code": "probing",
    "title": "Things were tried",
    "message": "7 times",
    "remedy": "Ask",
    "id": "jonas\x1b[2J",
    "organisation": "charite",
    "role": "data_user",
    "about": "",
    "count": 9,
    "evidence": [{"index": at} for at in range(9)],
}


def test_a_purge_ends_with_10_and_is_in_the_log(spe: Typed, world: World) -> None:
    world.point.refusing["audit.purge"] = (Reason("retention_twelve_months"),)
    assert spe("audit", "purge", "--before", "11mo") == 10
    assert "[retention_twelve_months]" in spe.err
    assert world.store.types()[-1] == "policy.refused"


def test_a_purge_that_policy_would_allow_ends_with_10_too(spe: Typed, world: World) -> None:
    problem = spe.json("audit", "purge", "--before", "2y")
    assert [reason["code"] for reason in problem["reasons"]] == ["log_never_purged"]
    assert spe("audit", "purge", "--before", "2y") == 10
    assert spe("audit", "purge", "--before", "soon") == 2
    left = [type_ for type_ in world.store.types() if type_ != "identity.signed_in"]
    assert left == ["policy.refused", "policy.refused", "api.answered"]


def test_a_hold_is_placed_lifted_and_listed(spe: Typed, world: World) -> None:
    placed = spe.json("audit", "hold", "place", "mi-0001", "--because", "a claim")
    assert spe("audit", "hold", "lift", placed["id"], "--because", "settled") == 0
    [item] = spe.json("audit", "hold", "list", "mi-0001")["items"]
    assert (item["status"], item["lifted_why"]) == ("lifted", "settled")
    stored = world.store.get(Hold, placed["id"])
    assert isinstance(stored, Stored)
    assert (stored.version, stored.value.by) == (2, StaffRef("anna.ricci"))


def test_hints_say_who_what_and_where_to_look(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spe.cli.hints.options", Options)
    show_hints({"items": [HINT], "first": 3, "size": 40})
    printed = capsys.readouterr().out
    assert printed.splitlines() == [
        "Things were tried [probing]",
        "  jonas [2J (data_user, charite)",
        "  7 times",
        "  → Ask",
        "  entries 0, 1, 2, 3, 4, 5, 6, 7, …",
        "1 hints in entries 3 to 39.",
    ]
