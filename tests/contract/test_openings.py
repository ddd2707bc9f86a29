"""A key holder's record of openings, in memory and in a file: the same promises."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from spe.adapters.openings import OpeningFile
from spe.errors import IntegrityFailure, Unreachable
from spe.federation.holder import Openings
from spe.federation.model import Opening, Taken
from spe.federation.refusals import Refused, Why
from tests.summing import MemoryOpenings


def opening(number: int) -> Opening:
    taken = tuple(Taken(site, f"data-{site}", "c1") for site in ("milano", "berlin", "madrid"))
    return Opening(f"order-{number}", f"round-{number}", "permit", "key", "layout", taken)


def let_pass(_past: Sequence[Opening]) -> None:
    return None


@pytest.fixture(params=["memory", "file"])
def record(request: pytest.FixtureRequest, tmp_path: Path) -> Openings:
    made: dict[str, Callable[[], Openings]] = {
        "memory": MemoryOpenings,
        "file": lambda: OpeningFile(tmp_path / "holder" / "openings"),
    }
    return made[request.param]()


def test_what_was_remembered_is_there_in_order(record: Openings) -> None:
    assert list(record.all()) == []
    for number in range(3):
        record.remember(opening(number), let_pass)
    assert list(record.all()) == [opening(number) for number in range(3)]


def test_who_admits_sees_all_before_it_and_what_is_refused_is_not_there(record: Openings) -> None:
    record.remember(opening(1), let_pass)
    seen: list[Sequence[Opening]] = []

    def refuse(past: Sequence[Opening]) -> None:
        seen.append(past)
        raise Refused(Why.WOULD_SINGLE_OUT, "no")

    with pytest.raises(Refused):
        record.remember(opening(2), refuse)
    assert [list(past) for past in seen] == [[opening(1)]]
    assert list(record.all()) == [opening(1)]


def test_the_same_order_again_is_not_judged_again(record: Openings) -> None:
    def never(_past: Sequence[Opening]) -> None:
        raise AssertionError("judged again")

    record.remember(opening(1), let_pass)
    record.remember(opening(1), never)
    assert list(record.all()) == [opening(1)]


def test_a_damaged_file_stops_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "openings"
    path.parent.chmod(0o700)
    record = OpeningFile(path)
    record.remember(opening(1), let_pass)
    whole = path.read_bytes()
    for data in (whole[:-1], whole[:-5] + b"\n", b"{}\n" + whole, whole + b"\n"):
        path.write_bytes(data)
        with pytest.raises(IntegrityFailure):
            record.all()
        with pytest.raises(IntegrityFailure):
            record.remember(opening(2), let_pass)
        assert path.read_bytes() == data


def test_a_file_that_others_may_read_or_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "openings"
    record = OpeningFile(path)
    record.remember(opening(1), let_pass)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(Unreachable, match="chmod 600"):
        record.all()
    linked = tmp_path / "linked"
    linked.symlink_to(path)
    with pytest.raises(Unreachable):
        OpeningFile(linked).all()


def test_what_can_not_be_synced_is_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    record = OpeningFile(tmp_path / "openings")

    def fails(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(Unreachable, match="No space"):
        record.remember(opening(1), let_pass)
