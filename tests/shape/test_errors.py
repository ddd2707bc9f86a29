from __future__ import annotations

import spe.errors
from spe.errors import SpeError

CODES = {1, 2, 10, 11, 12, 13}
FAMILY = [
    c
    for c in vars(spe.errors).values()
    if isinstance(c, type) and issubclass(c, SpeError) and c is not SpeError
]


def test_every_error_ends_a_command_with_a_code_of_the_table() -> None:
    assert {c.__name__: c.exit_code for c in FAMILY if c.exit_code not in CODES} == {}


def test_every_error_has_a_title_of_its_own() -> None:
    titles = [c.title for c in FAMILY]
    assert len(set(titles)) == len(titles)
    assert SpeError.title not in titles


def test_everything_raised_on_purpose_is_of_the_one_family() -> None:
    raised = [c for c in vars(spe.errors).values() if isinstance(c, type) and issubclass(c, Exception)]
    assert [c.__name__ for c in raised if not issubclass(c, SpeError)] == []
