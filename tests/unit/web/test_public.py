from __future__ import annotations

import pytest

from spe.errors import Unreachable
from spe.web.languages import chosen
from tests.unit.web.served import World


def fails(error: Exception) -> None:
    raise error


def test_it_is_ready_when_every_part_answers() -> None:
    world = World(probes={"database": lambda: None, "policy": lambda: None})
    assert world.client.get("/readyz").json() == {"ready": True, "parts": {"database": "ok", "policy": "ok"}}


def test_a_part_that_does_not_answer_is_named_and_no_more_is_told() -> None:
    world = World(
        probes={
            "database": lambda: fails(Unreachable("no file at a secret place")),
            "log": lambda: fails(RuntimeError("password")),
            "policy": lambda: None,
        }
    )
    answer = world.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": Unreachable.title, "log": "failed", "policy": "ok"}


def test_it_lives_whatever_its_parts_do() -> None:
    world = World(probes={"database": lambda: fails(Unreachable("down"))})
    assert world.client.get("/healthz").json() == {"live": True}


def test_anybody_may_have_the_public_keys_and_the_head_of_the_log() -> None:
    assert World().client.get("/v1/keys").json() == {"permit": "o/permit+00000000+AAAA"}
    assert World().client.get("/v1/log/head").json() == {"size": 0}


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("it", "it"), ("it-IT,it;q=0.9,en;q=0.8", "it"), ("en, it", "en"), ("de", "en"), ("it;q=0, en", "en"),
     ("en;q=0.1, it;q=0.2", "it"), ("it;q=x", "en"), ("it;q=nan", "en"), ("*", "en"), ("it;level=1", "en"), (",;=,it", "it"),
     ("x," * 50_000 + "it", "en"), ("\x00it", "en")],
)  # fmt: skip
def test_the_language_is_the_best_of_those_there_are(header: str, language: str) -> None:
    assert chosen(header) == language
