"""The page of attacks names every attack test that there is, and none that there isn't."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.shape.tree import ROOT

PAGE = (ROOT / "docs" / "reference" / "attacks.md").read_text()
ROWS = [line for line in PAGE.split("\n") if line.startswith("|")]
ATTACKS = ROOT / "tests" / "attacks"
NAMED = re.compile(r"`((?:tests/[\w/]+/)?test_\w+\.py)`")
TESTS = re.compile(r"`(test_\w+)`")


def file(name: str) -> Path:
    return ROOT / name if "/" in name else ATTACKS / name


@cache
def found_in(path: Path) -> dict[str, bool]:
    """Return the names of a file's tests, and whether each is marked `soak`."""
    found = [one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef)]
    return {
        one.name: any("mark.soak" in ast.unparse(mark) for mark in one.decorator_list)
        for one in found
        if one.name.startswith("test_")
    }


def test_every_file_that_the_page_names_is_there() -> None:
    assert [name for row in ROWS for name in NAMED.findall(row) if not file(name).is_file()] == []


def test_every_test_that_a_row_names_is_in_one_of_its_files() -> None:
    for row in ROWS:
        there = {test for name in NAMED.findall(row) for test in found_in(file(name))}
        assert set(TESTS.findall(row)) <= there, row


def test_no_file_of_attacks_is_left_out() -> None:
    named = {file(name) for row in ROWS for name in NAMED.findall(row)}
    assert {path for path in ATTACKS.glob("test_*.py") if path not in named} == set()


def test_every_full_number_is_named_by_its_test() -> None:
    soaked = {test for path in ATTACKS.glob("test_*.py") for test, soak in found_in(path).items() if soak}
    assert soaked - set(TESTS.findall(PAGE)) == set()


def test_every_row_of_the_log_has_a_line() -> None:
    assert re.findall(r"^\| A(\d+) \|", PAGE, re.MULTILINE) == [str(number) for number in range(1, 15)]
