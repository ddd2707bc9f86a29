"""Text that people send must not forge a line of an auditor's output, nor tell their terminal anything.

Hostile text goes in through every door that leads to an entry; then everything the log holds is written in every form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC
from typing import Any

import pytest

from spe.audit.events.model import catalogue
from spe.cli.entries import lines
from spe.cli.log_pages import json_line
from spe.oversight.formats.fhir import to_fhir
from spe.oversight.formats.ocsf import to_ocsf
from tests.builders import application, patients
from tests.cast import Cast
from tests.unit.oversight.every_event import entries
from tests.world import Refused, World, open_world

HOSTILE = (
    "\x1b[2J\x1b[1;1Hforged",
    "a\r\n       9  2026-01-01 00:00:00 UTC  permit.issued  by nobody (chair, x)",
    "a\u2028b\u2029c\x85d",
    "\x9b31mred\x9b0m",
    "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\u202egnp.exe\u2066",
    '","type":"permit.issued","x":"',
    "\x00\x07\x08\x7f",
)
OBEYED = {chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))} | set(
    "\u2028\u2029\u202a\u202b\u202e\u2066"
)
FORMS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "people": lambda entry: list(lines(entry, UTC)),
    "jsonl": lambda entry: [json_line(entry)],
    "fhir": lambda entry: [json_line(to_fhir(entry, "spe.localhost/log"))],
    "ocsf": lambda entry: [json_line(to_ocsf(entry, "spe.localhost/log"))],
}


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    world: World
    with open_world(tmp_path_factory.mktemp("installation") / "home") as world:
        yield Cast(world)


def attempt(act: Callable[[], Any]) -> None:
    """Send it; whether it is taken or refused is not the question here."""
    with suppress(Refused):
        act()


@pytest.mark.parametrize("form", FORMS)
def test_what_was_sent_through_every_door_is_written_as_harmless_text(cast: Cast, form: str) -> None:
    table, auditor = patients(), cast.auditor
    for text in HOSTILE:
        attempt(lambda: cast.researcher.submits(application(table, title=text)))
        attempt(lambda: cast.researcher.preflights(application(table, title=text)))
        attempt(lambda: auditor.get("/log/timeline", about=text))
        attempt(lambda: auditor.get("/log/timeline", organisation=text))
        attempt(lambda: auditor.get("/receipts", about=text))
        attempt(lambda: auditor.post("/holds", about=text, reason=text))
        attempt(lambda: auditor.post("/log/purge", before=text))
        attempt(
            lambda: cast.researcher.post(
                "/runs", permit=text, site=text, code=text, kind="real", parameters={}
            )
        )
        attempt(lambda: cast.researcher.asks_release(text, table.site, text))
    told = auditor.timeline()
    assert len(told) > len(HOSTILE)
    for entry in told:
        for line in FORMS[form](entry):
            assert not OBEYED & set(line), (form, entry["type"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", HOSTILE)
def test_even_an_entry_that_holds_hostile_text_is_written_harmlessly(form: str, text: str) -> None:
    written = entries(text.replace("{", "{{") + "{}")
    assert {entry["type"] for entry in written} == set(catalogue())
    for entry in written:
        made = FORMS[form](entry)
        assert all(not OBEYED & set(line) for line in made), entry["type"]
        assert form == "people" or isinstance(json.loads(made[0]), dict)
        heads = [line for line in made if form == "people" and not line.startswith(" " * 10)]
        assert len(heads) == (form == "people")
