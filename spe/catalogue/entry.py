"""A dataset's entry as it is shown, and where its bytes are kept."""

from __future__ import annotations

from typing import Any

from spe.catalogue.model import Dataset, ImagingSummary, published
from spe.values import to_data


def shown(dataset: Dataset, *, exact: bool) -> dict[str, Any]:
    """Return the entry: exact counts for the holder and auditors, rounded down to tens for everybody else."""
    entry: dict[str, Any] = to_data(dataset)
    del entry["stored_as"]
    if not exact:
        entry["subjects"] = published(dataset.subjects)
    if dataset.imaging is not None:
        entry["imaging"] = _imaging(dataset.imaging, exact=exact)
    return entry


def _imaging(summary: ImagingSummary, *, exact: bool) -> dict[str, Any]:
    shown_summary: dict[str, Any] = to_data(summary)
    if not exact:
        shown_summary |= {"files": published(summary.files), "studies": published(summary.studies)}
    return shown_summary


def scope(dataset: str) -> str:
    """Return the data key scope under which a dataset is sealed."""
    return f"dataset/{dataset}"


def object_name(dataset: str) -> str:
    """Return the name of the dataset's sealed object."""
    return f"dataset/{dataset}.csv"
