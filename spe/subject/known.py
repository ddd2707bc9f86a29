"""Whether a pseudonym is one of a holder's subjects, as far as can be told here."""

from __future__ import annotations

from spe.audit.records import Records
from spe.catalogue.model import Dataset, DatasetKind
from spe.catalogue.stored import rows_of
from spe.consent.erased import Names, erased, hidden
from spe.consent.model import Directive
from spe.crypto.vault import Vault
from spe.errors import Malformed

_LONGEST = 64


def checked(subject: str) -> str:
    """Return a pseudonym; `Malformed` for what none can be."""
    if not (0 < len(subject) <= _LONGEST and subject.isascii() and subject.isprintable()):
        raise Malformed(f"subject: a pseudonym of at most {_LONGEST} printable characters")
    return subject


def datasets_of(records: Records, holder: str) -> tuple[Dataset, ...]:
    """Return the datasets of `holder`, withdrawn ones too."""
    return tuple(stored.value for stored in records.each(Dataset, holder=holder))


def has_rows(dataset: Dataset) -> bool:
    """Say whether the dataset has rows of subjects here."""
    return dataset.kind is DatasetKind.TABLE and bool(dataset.sha256) and bool(dataset.subject_field)


def is_known(records: Records, vault: Vault, names: Names, holder: str, subject: str) -> bool:
    """Say whether `subject` said something, was erased or asked about before, or has a row in a dataset of `holder`."""
    if records.find(Directive, holder=holder, subject=subject, limit=1):
        return True
    if erased(records, names, holder)(subject) or names.has(hidden(names, holder, subject)):
        return True
    return any(
        row[dataset.subject_field] == subject
        for dataset in datasets_of(records, holder)
        if has_rows(dataset)
        for row in rows_of(vault, dataset)
    )
