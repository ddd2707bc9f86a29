from __future__ import annotations

import re
from pathlib import Path

import pytest

import spe.errors
from spe.cli.failure import ApiProblem, NotAchieved
from spe.errors import SpeError
from spe.web.problems import STATUS, TYPE, slug

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "exit-codes.md"
FAMILY: list[type[SpeError]] = [
    one for one in vars(spe.errors).values() if isinstance(one, type) and issubclass(one, SpeError)
]


def test_the_page_lists_every_exit_code_and_no_other() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE)}
    used = {one.exit_code for one in FAMILY} | {NotAchieved.exit_code}
    assert listed == {0, 130} | used


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: str(kind.__name__))
def test_a_problem_of_the_server_ends_like_the_error_itself(kind: type[SpeError]) -> None:
    assert ApiProblem({"type": TYPE + slug(kind)}).code == kind.exit_code


@pytest.mark.parametrize(
    "kind", [one for one in STATUS if one not in FAMILY], ids=lambda kind: str(kind.__name__)
)
def test_what_only_the_api_refuses_is_bad_input(kind: type[SpeError]) -> None:
    assert ApiProblem({"type": TYPE + slug(kind)}).code == 2


def test_a_problem_of_an_unknown_type_ends_with_1() -> None:
    assert ApiProblem({"type": "about:blank"}).code == 1
    assert ApiProblem({}).code == 1


@pytest.mark.parametrize("kind", STATUS, ids=lambda kind: str(kind.__name__))
def test_the_page_names_every_problem_type(kind: type[SpeError]) -> None:
    assert f"`{slug(kind)}`" in PAGE.read_text() or kind is SpeError
