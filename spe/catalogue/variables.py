"""A dataset's codebook: what each variable means and which values it can take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VariableType(StrEnum):
    """How a variable's values are written in the dataset's file."""

    CATEGORY = "category"
    INTEGER = "integer"
    NUMBER = "number"


class Missingness(StrEnum):
    """Share of rows without a value, in bands: an exact share could single out a person."""

    NONE = "none"
    UNDER_5 = "under 5 %"
    UNDER_20 = "5 to 20 %"
    OVER_20 = "over 20 %"


class VariableGroup(StrEnum):
    """What a variable tells about a person; minimisation profiles (EHDS Art. 66) are written in these."""

    SUBJECT = "subject"
    OUTCOME = "outcome"
    TREATMENT = "treatment"
    CLINICAL = "clinical"
    BIOMARKER = "biomarker"
    DEMOGRAPHIC = "demographic"
    SOCIAL = "social"


@dataclass(frozen=True, slots=True)
class Variable:
    """One column: `categories` for a category, else `low` to `high` (both included) in `unit`.

    Ranges and categories come from the codebook, never from rows.
    """

    name: str
    meaning: str
    type: VariableType
    group: VariableGroup
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    missing: Missingness = Missingness.NONE
