"""How a look is told in the log: a thing's identifier in clear, whatever else was asked about as a keyed digest."""

from __future__ import annotations

from spe.audit.events import SubjectRef
from spe.audit.events.record import LogRead
from spe.ids import is_id


def thing(about: str) -> tuple[str, SubjectRef]:
    """Return `about` in clear where it has the form of our own identifiers, else as what is digested."""
    ours = is_id(about.partition(".")[0])
    return (about, SubjectRef("")) if ours else ("", SubjectRef(about))


def look(view: str, about: str) -> LogRead:
    """Return the event of a look."""
    return LogRead(view, *thing(about))
