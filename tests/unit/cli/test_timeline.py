from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from spe.audit.events.request import RequestWithdrawn
from spe.audit.reading import Page, read_page
from spe.audit.search import Search
from spe.cli.entries import lines
from spe.oversight.service import AuditDesk
from tests.builders import CHECKOUT
from tests.unit.audit.kept_log import START, KeptLog
from tests.unit.cli.typed import Typed, listening, prepare
from tests.unit.oversight.every_event import entries
from tests.unit.web.served import Log, World

HOSTILE = "\x1b[31m\x9b2J\r\n9 forged\u2028\u202e\x00{}"
_FORBIDDEN = {"\x1b", "\x9b", "\r", "\u2028", "\u202e", "\x00"}


class Reading(Log):
    """The desk over a log that grows with every reading, as the real one does."""

    def __init__(self, log: KeptLog) -> None:
        self.log = log
        self.asked: list[Search] = []

    def head(self) -> dict[str, Any]:
        return {"size": 0, "key": "spe.example/log+00000000+AAAA"}

    def timeline(self, _person: Any, search: Search, **how: Any) -> Page:
        self.asked.append(search)
        self.log.add(RequestWithdrawn("req-read"), "ruth.keller")
        after = int(how["after"] or -1)
        size = int(how["size"]) if how["size"] else None
        return read_page(self.log, self.log.staff, search, after=after, size=size, limit=how["limit"])


@pytest.fixture
def desk() -> Reading:
    log = KeptLog()
    for at in range(1450):
        log.add(RequestWithdrawn(f"req-{at % 3}"))
    return Reading(log)


@pytest.fixture
def spe(
    desk: Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Typed]:
    class Served(World):
        def desks(self) -> Any:
            from dataclasses import replace

            return replace(super().desks(), audit=cast("AuditDesk", desk))

    with listening(Served()) as url:
        prepare(tmp_path / "home", url, monkeypatch)
        yield Typed(capsys, url)


def test_json_lines_are_every_entry_of_the_log_as_it_was_asked(spe: Typed, desk: Reading) -> None:
    assert spe("audit", "timeline", "--jsonl") == 0
    found = [json.loads(line)["index"] for line in spe.out.splitlines()]
    assert found == list(range(1451))
    assert len(desk.log.rows) > 1451


def test_people_see_when_what_who_and_about_what(spe: Typed) -> None:
    assert spe("audit", "timeline", "req-1", "--limit", "2", "--zone", "Europe/Rome") == 0
    assert spe.out.splitlines() == [
        "       1  2026-03-01 10:01:00 CET  request.withdrawn  by anna.ricci (data_user, uni-bologna)",
        "          request req-1",
        "       4  2026-03-01 10:04:00 CET  request.withdrawn  by anna.ricci (data_user, uni-bologna)",
        "          request req-1",
        "… more: --after 4, or everything with --jsonl",
    ]


def test_a_limit_beyond_a_page_is_kept(spe: Typed) -> None:
    page = spe.json("audit", "timeline", "--limit", "1100")
    assert [one["index"] for one in page["items"]] == list(range(1100))
    assert (page["next"], page["size"]) == ("1099", 1451)


def test_nothing_found_is_said(spe: Typed) -> None:
    assert spe("audit", "timeline", "req-9") == 0
    assert spe.out == "Nothing in the log fits.\n"


def test_filters_reach_the_log(spe: Typed, desk: Reading) -> None:
    words = ("--type", "request", "--from", "2026-03-01T09:00:00Z", "--to", "2026-03-01T10:00:00Z")
    assert spe("audit", "timeline", "req-1", *words, "--role", "data_user", "--org", "uni-bologna") == 0
    assert desk.asked[-1] == Search(
        about="req-1",
        type="request",
        since="2026-03-01T09:00:00Z",
        before="2026-03-01T10:00:00Z",
        role="data_user",
        organisation="uni-bologna",
    )


@pytest.mark.parametrize(
    ("name", "member", "value"), [("fhir", "resourceType", "AuditEvent"), ("ocsf", "class_uid", 3004)]
)
def test_other_systems_get_their_own_form(spe: Typed, name: str, member: str, value: Any) -> None:
    assert spe("audit", "timeline", "req-2", "--format", name) == 0
    made = [json.loads(line) for line in spe.out.splitlines()]
    assert [one[member] for one in made] == [value] * 483
    assert "spe.example/log" in spe.out


def test_a_bad_zone_is_refused(spe: Typed) -> None:
    assert spe("audit", "timeline", "--zone", "../../etc/passwd") == 2


def test_no_text_of_an_entry_reaches_a_terminal_as_a_command_or_forges_a_line(desk: Reading) -> None:
    for entry in entries(HOSTILE):
        shown = list(lines(entry, START.tzinfo))  # type: ignore[arg-type]
        assert not _FORBIDDEN & set("".join(shown))
        assert all("\n" not in line for line in shown)
        assert not any(line.lstrip().startswith("9 forged") for line in shown)


def test_hostile_text_stays_inside_its_json_line(spe: Typed, desk: Reading) -> None:
    desk.log.rows.clear()
    desk.log.add(RequestWithdrawn(HOSTILE))
    assert spe("audit", "timeline", "--jsonl") == 0
    first = spe.out.splitlines()[0]
    assert first.isascii()
    assert first.isprintable()
    assert json.loads(first)["data"]["request"] == HOSTILE
    assert spe("audit", "timeline") == 0
    assert not _FORBIDDEN & set(spe.out)


def test_whoever_stops_reading_gets_no_complaint(spe: Typed, tmp_path: Path) -> None:
    words = f"{sys.executable} -m spe.cli.main audit timeline --jsonl | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", words], capture_output=True, text=True, check=True, cwd=CHECKOUT, timeout=60
    )
    assert json.loads(done.stdout)["index"] == 0
    assert done.stderr == ""


def test_instants_and_repeated_words_are_told_as_people_read_them() -> None:
    entry = {
        "index": 1,
        "at": "2026-03-01T09:00:00.000000Z",
        "type": "x",
        "who": {"id": "a", "role": "b", "organisation": "c"},
        "data": {
            "expires": 1_798_209_833,
            "minute": 29_926_955,
            "kinds": ["consent"] * 200 + ["opt_out"],
            "epoch": 7,
        },
    }
    told = "\n".join(lines(entry, ZoneInfo("Europe/Rome")))
    assert "expires 2026-12-25 15:43:53 CET" in told
    assert "minute 2026-11-25 15:35:00 CET" in told
    assert "kinds consent × 200, opt_out" in told
    assert "epoch 7" in told
    for value in (-1, 2**63, 10**400, True, "soon"):
        assert f"expires {'yes' if value is True else value}" in "\n".join(
            lines({**entry, "data": {"expires": value}}, UTC)
        )
