from __future__ import annotations

from collections.abc import Iterator

import pytest

from spe.errors import NotFound
from spe.web.calls import begun, page


def test_what_refuses_a_file_does_so_before_the_answer_begins() -> None:
    def refused(nothing: tuple[bytes, ...] = ()) -> Iterator[bytes]:
        yield from nothing
        raise NotFound("nothing")

    with pytest.raises(NotFound):
        begun(refused())


def test_a_file_that_has_begun_comes_whole() -> None:
    assert b"".join(begun(iter([b"a", b"", b"b"]))) == b"ab"
    assert b"".join(begun(iter([]))) == b""


def test_a_full_page_says_where_the_next_begins_and_the_last_says_there_is_none() -> None:
    items = ({"id": "a"}, {"id": "b"})
    assert b'"next":"b"' in page(items, 2).body
    assert b'"next":null' in page(items, 3).body
    assert b'"next":null' in page((), 1).body
