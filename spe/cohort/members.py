"""Who is in a cohort, by the list that was sealed with it."""

from __future__ import annotations

from dataclasses import dataclass

from spe.audit.records import Records
from spe.catalogue.entry import scope as dataset_scope
from spe.cohort.extract import rows_digest
from spe.cohort.model import Cohort, CohortStatus
from spe.cohort.place import scope, subjects_object
from spe.crypto.data_keys import DataKeys
from spe.crypto.vault import Vault, whole
from spe.errors import IntegrityFailure, NotFound


@dataclass(frozen=True, slots=True)
class KeptMembers:
    """`Members` by the sealed lists of subjects."""

    records: Records
    vault: Vault
    keys: DataKeys

    def holds(self, key: str, rows: str, subject: str) -> bool:
        """Say whether the cohort `key` as it was with digest `rows` holds `subject`; in doubt it does.

        A list that is gone, can't be opened, or isn't the one whose keyed digest was recorded tells nothing.
        """
        stored = self.records.get(Cohort, key)
        if stored is None or stored.value.rows != rows or stored.value.status is not CohortStatus.CURRENT:
            return True
        try:
            listed = (
                whole(self.vault, subjects_object(key, rows), scope(stored.value.permit)).decode().split("\n")
            )
            dataset_key = self.keys.get(dataset_scope(stored.value.dataset))
        except (NotFound, IntegrityFailure):
            return True
        return rows_digest(dataset_key, filter(None, listed)) != rows or subject in listed
