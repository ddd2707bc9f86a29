"""One entry of every type in the catalogue, as the timeline shows it, whatever types there are."""

from __future__ import annotations

import json
import types
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from spe.audit.events import Event, StaffRef, SubjectRef
from spe.audit.events.model import catalogue
from spe.audit.search import opened
from spe.oversight.asking import types as every_type
from tests.unit.audit.kept_log import KeptLog

SUBJECT = "mi-0001-of-nobody"


def sample(kind: type[Event], text: str = "some-{}") -> Event:
    """Return an event of `kind` with something in every field."""
    hints = get_type_hints(kind)
    return kind(**{field.name: _value(hints[field.name], text.format(field.name)) for field in fields(kind)})  # type: ignore[arg-type]


def _value(kind: Any, text: str) -> Any:
    if get_origin(kind) is tuple:
        return (_value(get_args(kind)[0], text), _value(get_args(kind)[0], text))
    if get_origin(kind) is types.UnionType:
        return _value(get_args(kind)[0], text)
    if kind is bool:
        return True
    if kind is int:
        return 7
    if issubclass(kind, SubjectRef):
        return SubjectRef(SUBJECT)
    return StaffRef("claire.dubois") if issubclass(kind, StaffRef) else text


def entries(text: str = "some-{}") -> list[dict[str, Any]]:
    """Return one entry of every type, in the order of their names."""
    log = KeptLog()
    for name in sorted(every_type()):
        log.add(sample(catalogue()[name], text))
    read = [opened(raw, log.staff) for raw in log.rows]
    assert len(read) > 60
    return [json.loads(json.dumps({"index": index, **entry})) for index, entry in enumerate(read)]
