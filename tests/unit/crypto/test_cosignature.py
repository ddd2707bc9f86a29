from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spe.crypto.cosignature import CosigningKey, WitnessKey, cosigned_at, parse_witness_key
from spe.crypto.note import parse_public_key
from spe.errors import IntegrityFailure, Malformed

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "witness.json").read_text("utf-8"))
KEYS = {one["name"]: CosigningKey(one["name"], bytes.fromhex(one["seed"])) for one in VECTORS["witnesses"]}
COSIGNATURES: list[dict[str, Any]] = VECTORS["cosignatures"]


@pytest.mark.parametrize("one", VECTORS["witnesses"], ids=lambda one: one["name"])
def test_a_witness_key_reads_and_writes_as_others_do(one: dict[str, str]) -> None:
    key = KEYS[one["name"]].public
    assert key.text() == one["vkey"]
    assert parse_witness_key(one["vkey"]) == key


@pytest.mark.parametrize("one", COSIGNATURES, ids=lambda one: f"{one['witness']}-{one['size']}-{one['time']}")
def test_a_cosignature_is_the_line_that_others_make(one: dict[str, Any]) -> None:
    key = KEYS[one["witness"]]
    assert key.cosign(one["text"], one["time"]) == one["line"]
    assert cosigned_at(one["text"], [one["line"]], key.public) == one["time"]


def test_a_line_holds_for_its_own_text_key_and_time_only() -> None:
    (first, *others) = COSIGNATURES
    key = KEYS[first["witness"]].public
    for other in others:
        lines = [other["line"]]
        if other["witness"] != first["witness"]:
            assert cosigned_at(other["text"], lines, key) is None
        elif other["text"] != first["text"]:
            with pytest.raises(IntegrityFailure):
                cosigned_at(first["text"], lines, key)


def test_no_changed_character_of_a_line_verifies_at_another_time() -> None:
    one = COSIGNATURES[2]
    key, line = KEYS[one["witness"]].public, one["line"].removesuffix("\n")
    for at in range(len(line)):
        changed = line[:at] + chr(ord(line[at]) ^ 1) + line[at + 1 :]
        try:
            assert cosigned_at(one["text"], [changed], key) is None
        except IntegrityFailure:
            continue


def test_two_lines_of_one_witness_are_one_too_many() -> None:
    one = COSIGNATURES[2]
    with pytest.raises(IntegrityFailure):
        cosigned_at(one["text"], [one["line"], one["line"]], KEYS[one["witness"]].public)


@pytest.mark.parametrize("time", [-1, 2**63, 2**64])
def test_no_time_is_signed_that_the_format_can_not_carry(time: int) -> None:
    with pytest.raises(Malformed):
        KEYS["witness.example/w1"].cosign("text\n", time)


def test_a_logs_key_is_no_witness_key_and_the_other_way_round() -> None:
    with pytest.raises(Malformed):
        parse_witness_key(VECTORS["log"]["vkey"])
    with pytest.raises(Malformed):
        parse_public_key(VECTORS["witnesses"][0]["vkey"])
    with pytest.raises(Malformed):
        WitnessKey("two words", bytes(32))
    with pytest.raises(Malformed):
        CosigningKey("w", bytes(31))


def test_a_key_does_not_show_its_secret() -> None:
    key = KEYS["witness.example/w1"]
    assert VECTORS["witnesses"][0]["seed"] not in repr(key)
