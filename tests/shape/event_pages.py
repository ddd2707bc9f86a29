"""The page of all types of entry, from their dataclasses.

Run `python -m tests.shape.event_pages` to write it anew.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from typing import get_type_hints

import spe.audit.events
from spe.audit.events.model import Event, StaffRef, SubjectRef, catalogue
from tests.shape.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "events.md"
_HEAD = """# Entries of the log

The closed catalogue: nothing else can be in the log. Written by `python -m tests.shape.event_pages`; a test compares.

Every entry is canonical JSON (RFC 8785) of less than 64 KiB with the fields `v` (1), `at` (UTC), `type`, `who` (`id` sealed,
`organisation`, `role`), `bundle` (the policy bundle that allowed it), `decisions` (what policy decided for it), `nonce`, `writes`
(table, version, keyed name and salted commitment of each record that committed with it) and `data`: the fields below.
"""
_KINDS: dict[object, str] = {
    str: "text",
    int: "whole number",
    bool: "truth value",
    tuple[str, ...]: "texts",
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


if __name__ == "__main__":
    PAGE.write_text(page())
