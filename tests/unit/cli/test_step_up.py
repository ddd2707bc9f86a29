from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spe.errors import Reason
from spe.policy.model import Question, Verdict
from spe.request.model import AccessRequest
from tests.fakes import FakePoint
from tests.unit.cli.test_requests import draft
from tests.unit.cli.typed import Typed
from tests.unit.web.served import SECRET, World

__all__ = ["draft"]
NEEDED = (Reason("second_factor_needed", (("seconds", "300"),)),)


class Asking(FakePoint):
    """Refuses submitting until the caller has proven a second factor; `always` refuses it even then."""

    always = False

    def ask(self, question: Question) -> Verdict:
        caller: Any = getattr(question, "caller", None)
        fresh = caller is not None and caller.second_factor_at > 0 and not self.always
        self.refusing["request.submit"] = () if fresh else NEEDED
        return super().ask(question)


@pytest.fixture
def world() -> World:
    return World(point=Asking())


def test_the_command_line_follows_a_challenge_and_repeats_the_same_call(
    spe: Typed, world: World, draft: Path
) -> None:
    assert spe.json("request", "submit", str(draft))["status"] == "submitted"
    assert len(world.store.find(AccessRequest)) == 1
    signed_in = [entry.event for entry in world.store.log if entry.event.type == "identity.signed_in"]
    assert len(signed_in) == 2


def test_a_challenge_that_stays_ends_with_10_and_is_followed_once(
    spe: Typed, world: World, draft: Path
) -> None:
    world.point.always = True
    assert spe("request", "submit", str(draft)) == 10
    assert "fresh second factor" in spe.err
    refusals = [entry for entry in world.store.log if entry.event.type == "policy.refused"]
    assert len(refusals) == 2


def test_a_token_from_a_file_proves_nothing_new(
    spe: Typed, world: World, tmp_path: Path, draft: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(world.issuer.token("jonas.weber", SECRET) + "\n")
    assert spe("request", "submit", str(draft), "--token-file", str(file)) == 10
