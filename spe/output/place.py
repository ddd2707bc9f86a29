"""Where outputs are kept, and under which key."""

from __future__ import annotations

from spe.cohort.place import scope

SUPPORT_FILE = "support.json"

__all__ = ["SUPPORT_FILE", "canonical_object", "scope", "support_object"]


def canonical_object(output: str) -> str:
    """Return the name of the sealed canonical bytes: what is checked, reviewed and released."""
    return f"output/{output}"


def support_object(run: str) -> str:
    """Return the name of the sealed support that trusted code recomputed for all outputs of a run."""
    return f"run/{run}.support"
