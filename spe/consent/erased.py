"""Who was erased: found again by a keyed digest only, to be left out of whatever comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from spe.audit.records import Records
from spe.consent.model import Erasure, subject_name


class Names(Protocol):
    """Gives keyed names; those of subjects' keys, so that a key which comes back by a restored copy is found."""

    def name_of(self, subject: str) -> str:
        """Return the name under which a subject's key is kept; without the key of names nobody finds whose it is."""
        ...

    def has(self, name: str) -> bool:
        """Say whether there is a key of this name: whether the log has a digest of the subject."""
        ...


def hidden(names: Names, holder: str, subject: str) -> str:
    """Return the keyed digest by which an erased subject of `holder` is known."""
    return names.name_of(subject_name(holder, subject))


def erased(records: Records, names: Names, holder: str) -> Callable[[str], bool]:
    """Return what says of a subject of `holder` whether they were erased."""
    gone = {stored.value.hidden for stored in records.each(Erasure, holder=holder)}
    return lambda subject: bool(gone) and hidden(names, holder, subject) in gone
