"""A dataset's rows as they were delivered, out of the vault."""

from __future__ import annotations

from collections.abc import Iterator

from spe.catalogue.codebook import read_rows
from spe.catalogue.entry import object_name, scope
from spe.catalogue.model import Dataset
from spe.crypto.vault import Vault, verified


def rows_of(vault: Vault, dataset: Dataset) -> Iterator[dict[str, str]]:
    """Yield the rows of a delivered dataset; `IntegrityFailure` where they aren't what was delivered."""
    sealed = vault.open(dataset.stored_as or object_name(dataset.id), scope(dataset.id))
    return read_rows(verified(sealed, dataset.sha256), dataset)
