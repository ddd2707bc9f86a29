"""How entries of the log are written for programs."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """A line of JSON each, as the log has them or as others read them."""

    JSONL = "jsonl"
    FHIR = "fhir"
    OCSF = "ocsf"
