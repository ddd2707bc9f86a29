"""Where a cohort's rows are kept, under which key, and who can be asked whether it holds a subject."""

from __future__ import annotations

from typing import Protocol


class Members(Protocol):
    """Knows who is in the cohorts."""

    def holds(self, key: str, rows: str, subject: str) -> bool:
        """Say whether the cohort `key` as it was with digest `rows` holds `subject`; in doubt it does."""
        ...


def scope(permit: str) -> str:
    """Return the data key scope of a permit: cohorts, outputs and records that end with it."""
    return f"permit/{permit}"


def object_name(key: str, rows: str) -> str:
    """Return the name of the sealed rows of the cohort `key` as it is with digest `rows`: another cohort, another name."""
    return f"cohort/{key}/{rows}.csv"


def subjects_object(key: str, rows: str) -> str:
    """Return the name of the sealed list of the subjects of that cohort."""
    return f"cohort/{key}/{rows}.subjects"
