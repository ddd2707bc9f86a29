"""What a check finds, and the profile of numbers that policy gives to all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from spe.errors import Malformed


class Code(StrEnum):
    """Every finding there is; people read the catalogue's message for it."""

    BELOW_THRESHOLD = "below_threshold"
    CLASS_DISCLOSED = "class_disclosed"
    CLASS_CONCENTRATED = "class_concentrated"
    MARGIN_REVEALS = "margin_reveals"
    FEW_EXCLUDED = "few_excluded"
    FEW_CONTRIBUTE = "few_contribute"
    SAME_VALUE = "same_value"
    DOMINATED_BY_ONE = "dominated_by_one"
    DOMINATED_BY_TWO = "dominated_by_two"
    RATIO_TOO_SMALL = "ratio_too_small"
    FEW_AT_RISK = "few_at_risk"
    THIN_INTERVAL = "thin_interval"
    THIN_TAIL = "thin_tail"
    GRID_DIFFERS = "grid_differs"
    CELLS_DIFFER = "cells_differ"
    NOT_RECOMPUTED = "not_recomputed"
    DIFFERS_FROM_RECOMPUTED = "differs_from_recomputed"
    FILE_MISSING = "file_missing"
    FILE_TOO_LONG = "file_too_long"
    UNDECLARED_TYPE = "undeclared_type"
    LOOKS_LIKE_ROWS = "looks_like_rows"
    HOLDS_SUBJECTS = "holds_subjects"
    FREE_TEXT = "free_text"
    ONLY_PEOPLE_CAN_TELL = "only_people_can_tell"
    CELL_NOT_SAFE = "cell_not_safe"
    FILE_REFUSED = "file_refused"
    DIFFERS_BY_FEW = "differs_by_few"
    FEW_CAN_BE_DERIVED = "few_can_be_derived"
    SUM_CAN_BE_DERIVED = "sum_can_be_derived"
    TOO_MANY_TO_COMPARE = "too_many_to_compare"


class Severity(StrEnum):
    """`stop`: the output can't go to people as it is. `look`: people decide, with this in front of them."""

    STOP = "stop"
    LOOK = "look"


class Audience(StrEnum):
    """Who may read a finding: what tells empty from small, or what the user's own file could steer, is for checkers.

    What is for everybody a data user still reads only as `told` puts it: that a cell or a file can't leave, not why.
    """

    EVERYBODY = "everybody"
    CHECKERS = "checkers"


class Remedy(StrEnum):
    """What would mend it."""

    MERGE_GROUPS = "merge_groups"
    MERGE_INTERVALS = "merge_intervals"
    SHORTEN_GRID = "shorten_grid"
    DROP_OUTPUT = "drop_output"
    DECLARE_TABLE = "declare_table"
    RUN_AGAIN = "run_again"
    ASK_CHECKERS = "ask_checkers"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found; `cell` holds labels, `params` never an exact number below the threshold."""

    code: Code
    cell: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    severity: Severity = Severity.STOP
    audience: Audience = Audience.EVERYBODY
    remedy: Remedy = Remedy.ASK_CHECKERS


@dataclass(frozen=True, slots=True)
class Profile:
    """Numbers of the checks; policy holds them and their references, `version` says which these are.

    `threshold` people; `dominance_one`, `dominance_two`, `class_share` and `cohort_share` are shares of 1;
    `p_percent` is in percent; `text_length` in characters; `recover_width` in people.
    """

    version: str
    threshold: int
    dominance_one: float
    dominance_two: float
    p_percent: float
    class_share: float
    cohort_share: float
    text_length: int
    recover_width: int


def parse_profile(raw: object) -> Profile:
    """Read the profile that policy returned: exactly its fields, within their ranges, or `Malformed`."""
    names = {field.name for field in fields(Profile)}
    if not isinstance(raw, Mapping) or set(raw) != names:
        raise Malformed(f"profile: has exactly {', '.join(sorted(names))}")
    version = raw["version"]
    if not isinstance(version, str) or not 1 <= len(version) <= 40:
        raise Malformed("profile.version: is text of 1 to 40 characters")
    shares = (_number(raw, name, 0.0, 1.0) for name in ("dominance_one", "dominance_two"))
    one, two = shares
    return Profile(
        version,
        _whole(raw, "threshold", 3, 1000),
        one,
        two,
        _number(raw, "p_percent", 0.0, 100.0),
        _number(raw, "class_share", 0.5, 1.0),
        _number(raw, "cohort_share", 0.0, 1.0),
        _whole(raw, "text_length", 1, 1000),
        _whole(raw, "recover_width", 0, 100),
    )


def _number(raw: Mapping[str, object], name: str, low: float, high: float) -> float:
    value = raw[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Malformed(f"profile.{name}: is a number from {low} to {high}")
    return float(value)


def _whole(raw: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = raw[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Malformed(f"profile.{name}: is a whole number from {low} to {high}")
    return value
