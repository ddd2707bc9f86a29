"""What may be a second old is only shown: two pages ask for it, and no use case that does anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.builders import CHECKOUT

SHOWING = {("spe/decision/service.py", "screen"), ("spe/output/service.py", "screen")}
PASSING_ON = {("spe/adapters/policy_journal.py", "preview")}


def previewing() -> Iterator[tuple[str, str]]:
    """Yield where a decision point's `preview` is called, or named at all: file and function."""
    for path in sorted((CHECKOUT / "spe").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                named = [one for one in ast.walk(function) if isinstance(one, ast.Attribute)]
                if any(one.attr == "preview" for one in named):
                    yield path.relative_to(CHECKOUT).as_posix(), function.name


def test_only_what_is_shown_is_a_preview() -> None:
    assert set(previewing()) == SHOWING | PASSING_ON
