"""Requests as others write them: the vectors of C2SP tlog-witness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spe.crypto.note import parse_public_key
from spe.witness.folder import WitnessFolder
from spe.witness.judge import Status, Witness
from spe.witness.question import parse_question

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "witness.json").read_text("utf-8"))
REQUESTS: list[dict[str, Any]] = VECTORS["requests"]
BODIES = {(one["old"], one["size"]): one["body"].encode() for one in REQUESTS}


@pytest.mark.parametrize("one", REQUESTS, ids=lambda one: f"{one['old']}-{one['size']}")
def test_a_request_is_read_as_it_was_meant(one: dict[str, Any]) -> None:
    question = parse_question(one["body"].encode())
    assert (question.old, question.origin) == (one["old"], "log.example/vectors")


@pytest.mark.parametrize("one", REQUESTS, ids=lambda one: f"{one['old']}-{one['size']}")
def test_whoever_saw_the_old_tree_cosigns_the_new_one(tmp_path: Path, one: dict[str, Any]) -> None:
    folder = WitnessFolder(tmp_path)
    folder.make("witness.example/w1", (parse_public_key(VECTORS["log"]["vkey"]),))
    here = Witness.of(folder, lambda: 1_700_000_000)
    old, size = one["old"], one["size"]
    if old:
        assert here.add(BODIES[0, old]).status is Status.COSIGNED
    assert here.add(BODIES[old, size]).status is Status.COSIGNED
    assert here.add(BODIES[0, size]).text == f"{size}\n"
