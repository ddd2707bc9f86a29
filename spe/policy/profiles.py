"""Which gates answer with a profile, and the names in each; the code that applies a profile reads its values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PROFILES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ropa.export": frozenset(
            {
                "version",
                "parties",
                "standing_for",
                "environment",
                "eea",
                "seconds_least",
                "seconds_after_permit",
            }
        ),
        "audit.hints": frozenset(
            {"version", "spared_roles", "repeats", "probes", "hours", "hours_of", "habit", "clock"}
        ),
        "code.approve": frozenset({"version", "settled"}),
        "cohort.build": frozenset({"version", "needs_consent", "excluding", "sparing", "until"}),
        "output.check": frozenset(
            {
                "version",
                "threshold",
                "dominance_one",
                "dominance_two",
                "p_percent",
                "class_share",
                "cohort_share",
                "text_length",
                "recover_width",
            }
        ),
        "output.review": frozenset({"version", "outcome"}),
        "reaction.rule": frozenset({"version", "stop_runs", "hold_outputs", "rebuild"}),
    }
)
"""By gate; a gate that is not here answers with an empty profile."""

OBLIGATIONS = frozenset(
    {"refer_to_committee", "publish", "return_results", "no_publication_before", "ends_after_months"}
)
"""The duties that `spe` knows how to fulfil; any other denies."""
