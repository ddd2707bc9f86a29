from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from spe.ids import is_id, new_id

instants = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(instants, st.sampled_from(("req", "per", "fact")))
def test_a_new_identifier_has_the_form_of_one(born: datetime, prefix: str) -> None:
    made = new_id(prefix, born)
    assert is_id(made)
    assert made.startswith(f"{prefix}-")
    assert len(made) == len(prefix) + 21


@given(instants, st.integers(1, 10**9))
def test_identifiers_sort_by_time_of_birth(born: datetime, later: int) -> None:
    assert new_id("req", born) < new_id("req", born + timedelta(milliseconds=later))


def test_of_one_instant_no_two_are_alike() -> None:
    born = datetime(2026, 3, 1, tzinfo=UTC)
    assert len({new_id("req", born) for _ in range(20_000)}) == 20_000


def test_nothing_else_is_an_identifier() -> None:
    good = new_id("req", datetime(2026, 3, 1, tzinfo=UTC))
    assert is_id(good)
    for bad in (
        "",
        good[:-1],
        good + "0",
        good + "\n",
        good.upper(),
        good.replace("-", "_"),
        "-" + good,
        good[:4] + "i" + good[5:],
    ):
        assert not is_id(bad), bad
