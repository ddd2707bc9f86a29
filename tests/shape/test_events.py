from __future__ import annotations

import re
from dataclasses import fields

import pytest

from spe.audit.events import Event
from tests.shape.event_pages import PAGE, events, page
from tests.shape.tree import python

EVENTS = events()
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)


def test_the_page_of_events_is_what_the_dataclasses_say() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.shape.event_pages"


@each_event
def test_every_type_of_entry_says_what_it_means_and_is_left_somewhere(event: type[Event]) -> None:
    assert (event.__doc__ or "").strip().endswith(".")
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", event.type)
    code = [file for file in python("spe") if "audit/events" not in str(file)]
    made = re.compile(rf"\b{event.__name__}\b")
    assert any(made.search(file.read_text()) for file in code), f"nothing leaves {event.type}"


@each_event
def test_no_entry_has_a_field_that_could_name_a_person_in_clear(event: type[Event]) -> None:
    names = {field.name for field in fields(event)}  # type: ignore[arg-type]
    assert names & {"name", "email", "subject_id", "patient", "person", "text", "reason"} == set()
