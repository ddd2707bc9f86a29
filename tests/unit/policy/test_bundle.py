from __future__ import annotations

import pytest

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.errors import Malformed
from spe.policy.bundle import SHAPE_MODULE, build

SOURCES = {"spe/a/a.rego": b"package spe.a\n", "spe/tables/n/data.json": b'{"most": 3}'}


def test_the_same_sources_give_the_same_digest() -> None:
    assert build(SOURCES, QUESTIONS).digest == build(dict(reversed(SOURCES.items())), QUESTIONS).digest


@pytest.mark.parametrize("path", sorted(SOURCES))
def test_one_changed_byte_gives_another_digest(path: str) -> None:
    assert build(SOURCES | {path: SOURCES[path] + b" "}, QUESTIONS).digest != build(SOURCES, QUESTIONS).digest


def test_a_moved_file_gives_another_digest() -> None:
    moved = {
        "spe/b/a.rego": SOURCES["spe/a/a.rego"],
        "spe/tables/n/data.json": SOURCES["spe/tables/n/data.json"],
    }
    assert build(moved, QUESTIONS).digest != build(SOURCES, QUESTIONS).digest


def test_another_set_of_gates_gives_another_digest() -> None:
    assert build(SOURCES, QUESTIONS[1:]).digest != build(SOURCES, QUESTIONS).digest


def test_tests_and_texts_are_no_part_of_the_bundle() -> None:
    more = SOURCES | {"spe/a/a_test.rego": b"package spe.a_test\n", "spe/m/x.yaml": b"x: 1\n"}
    assert build(more, QUESTIONS).digest == build(SOURCES, QUESTIONS).digest


def test_tables_lie_where_their_folder_says() -> None:
    data = build(SOURCES, QUESTIONS).data()
    assert data["spe"]["tables"]["n"] == {"most": 3}
    assert data["spe"]["bundle"]["digest"] == build(SOURCES, QUESTIONS).digest


@pytest.mark.parametrize(
    "bad",
    [
        {"spe/tables/x/data.json": b"{"},
        {"spe/tables/x/data.json": b'{"a": 1, "a": 2}'},
        {"spe/tables/x/data.json": b"\xff"},
        {"spe/a/b.rego": b"\xff"},
        {"spe/bundle/data.json": b'{"digest": "mine"}'},
        {SHAPE_MODULE: b"package spe.shape\ndefault well_formed := true\n"},
    ],
)
def test_a_bad_file_builds_no_bundle(bad: dict[str, bytes]) -> None:
    with pytest.raises(Malformed):
        build(SOURCES | bad, QUESTIONS)


def test_the_policies_build() -> None:
    assert len(build(read_sources(), QUESTIONS).digest) == 64
