"""The page of all types of entry, from their dataclasses, from what routes declare and from the code that makes them.

Run `python -m tests.shape.event_pages` to write it anew.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import get_type_hints

from fastapi.routing import APIRoute

import spe.audit.events
from spe.audit.events.call import CallAnswered, PublicCalls
from spe.audit.events.model import Event, StaffRef, SubjectRef, catalogue
from spe.audit.events.policy import Refused
from spe.web.app import api_routes
from spe.web.leaves import declared
from tests.shape.tree import ROOT, name, python
from tests.unit.web.served import World

PAGE = ROOT / "docs" / "reference" / "events.md"
_HEAD = """# Entries of the log

The closed catalogue: nothing else can be in the log. Written by `python -m tests.shape.event_pages`; a test compares.

Every entry is canonical JSON (RFC 8785) of less than 64 KiB with the fields `v` (1), `at` (UTC), `type`, `who` (`id` sealed,
`organisation`, `role`), `bundle` (the policy bundle that allowed it), `decisions` (what policy decided for it), `nonce`, `writes`
and `data`: the fields below. `writes` says what committed with the entry: of each record table, version, keyed name and salted
commitment; of each fact that others must hear `outbox`, 1, its place and salted commitment; of each fact that all have heard
`outbox`, 2 and its identifier.

Left by: the routes that declare it (`x-events` of the OpenAPI document) and the files that make it. A call refused by policy
leaves `policy.refused`, one that fails otherwise `api.answered`, whatever the route.
"""
_KINDS: dict[object, str] = {
    str: "text",
    int: "whole number",
    bool: "truth value",
    tuple[str, ...]: "texts",
    tuple[int, ...]: "whole numbers",
    StaffRef: "member of staff, sealed",
    tuple[StaffRef, ...]: "members of staff, sealed",
    SubjectRef: "subject, as a keyed digest of this entry alone",
    tuple[SubjectRef, ...]: "subjects, as keyed digests of this entry alone",
}


def events() -> list[type[Event]]:
    """Return every type of event, by name."""
    for module in pkgutil.iter_modules(spe.audit.events.__path__):
        importlib.import_module(f"spe.audit.events.{module.name}")
    return [
        catalogue()[name] for name in sorted(catalogue()) if catalogue()[name].__module__.startswith("spe.")
    ]


def kind(hint: object) -> str:
    """Return what a field of this type holds, as the page says it."""
    found = _KINDS.get(hint)
    assert found, f"say in tests/shape/event_pages.py what {hint} is"
    return found


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(line for event in events() for line in _section(event))])


def _section(event: type[Event]) -> Iterator[str]:
    yield f"## {event.type}\n"
    yield " ".join((event.__doc__ or "").split()) + "\n"
    hints = get_type_hints(event)
    rows = [f"| `{field.name}` | {kind(hints[field.name])} |" for field in fields(event)]  # type: ignore[arg-type]
    if rows:
        yield "\n".join(["| field | holds |", "| --- | --- |", *rows]) + "\n"
    yield f"Left by: {', '.join((*_routes(event), *_files(event)))}.\n"


def _routes(event: type[Event]) -> list[str]:
    """Return the routes that leave the event when they succeed; what all routes may leave is said once, at the top."""
    if event in {Refused, CallAnswered, PublicCalls}:
        return []
    found = (route for route in _served() if event.type in declared(route))
    return [f"`{' '.join(sorted(route.methods or ()))} {route.path}`" for route in found]


@cache
def _served() -> list[APIRoute]:
    return api_routes(World().app)


def _files(event: type[Event]) -> list[str]:
    """Return the files of the program that make the event."""
    made = re.compile(rf"\b{event.__name__}\(")
    found = ((file, file.read_text()) for file in python("spe"))
    return [f"`{name(file)}`" for file, text in found if event.__module__ in text and made.search(text)]


if __name__ == "__main__":
    PAGE.write_text(page())
