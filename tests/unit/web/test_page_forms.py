from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.errors import Malformed
from spe.web.portal.forms import parse_form, whole


@given(st.dictionaries(st.text("abc", min_size=1), st.text(), max_size=5))
def test_a_form_is_read_or_refused_and_nothing_else(fields: dict[str, str]) -> None:
    from urllib.parse import urlencode

    try:
        sent = urlencode(fields).encode()
    except UnicodeEncodeError:
        return
    try:
        read = parse_form(sent)
    except Malformed:
        assert any(ord(char) < 32 for value in fields.values() for char in value)
        return
    assert {name: value.replace("\t", " ") for name, value in read.items()} == read
    assert set(read) == set(fields)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_form(sent: bytes) -> None:
    with suppress(Malformed):
        assert all(isinstance(value, str) for value in parse_form(sent).values())


@pytest.mark.parametrize(
    "sent",
    [b"a=1&a=2", b"a=%FF", b"a=\xff", b"a=%00", b"a=%1b", b"&".join(b"k%d=1" % at for at in range(201)),
     b"a=" + b"x" * 20_001],
)  # fmt: skip
def test_what_no_form_of_ours_sends_is_refused(sent: bytes) -> None:
    with pytest.raises(Malformed):
        parse_form(sent)


def test_lines_end_as_they_do_here() -> None:
    assert parse_form(b"a=one%0D%0Atwo%0Dthree%0Afour%09five") == {"a": "one\ntwo\nthree\nfour five"}


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "²", "1" * 10, " 1", "x"])
def test_a_whole_number_is_nothing_else(text: str) -> None:
    with pytest.raises(Malformed, match="days"):
        whole(text, "days")
