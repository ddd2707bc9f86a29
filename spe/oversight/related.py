"""What belongs to a permit: its request, code, runs, outputs and releases, whose entries don't name it themselves."""

from __future__ import annotations

from collections.abc import Iterator

from spe.audit.records import Record, Records
from spe.code.model import Code
from spe.output.model import Output
from spe.permit.model import DataPermit
from spe.release.model import Release
from spe.run.model import Run

_PARTS: tuple[type[Record], ...] = (Code, Run, Output, Release)


def related(records: Records, about: str) -> tuple[str, ...]:
    """Return the identifiers of what belongs to the permit `about`, or to the permit of the request `about`."""
    return tuple(sorted(set(_related(records, about)) - {about}))


def _related(records: Records, about: str) -> Iterator[str]:
    for permit in _permits(records, about):
        yield permit.id
        yield permit.request
        for kind in _PARTS:
            yield from (stored.value.id for stored in records.each(kind, permit=permit.id))


def _permits(records: Records, about: str) -> Iterator[DataPermit]:
    stored = records.get(DataPermit, about)
    if stored is not None:
        yield stored.value
    yield from (found.value for found in records.each(DataPermit, request=about))
