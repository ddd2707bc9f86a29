"""Legal holds on a subject, however they were typed."""

from __future__ import annotations

from spe.audit.records import Records
from spe.consent.model import subject_name
from spe.oversight.holds import holds_on
from spe.oversight.model import Hold


def holds_on_subject(records: Records, holder: str, subject: str) -> tuple[Hold, ...]:
    """Return the holds in force on the subject, on the bare pseudonym, on the holder, or on the whole log."""
    names = (subject_name(holder, subject), subject, holder)
    found = {hold.id: hold for name in names for hold in holds_on(records, name)}
    return tuple(found[id_] for id_ in sorted(found))
