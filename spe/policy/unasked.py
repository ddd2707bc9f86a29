"""When no rule in force has answered: the codes that say why, and the error that carries one."""

from __future__ import annotations

from typing import Final

from spe.errors import Unreachable

UNREACHABLE: Final = "policy_unreachable"
LATE: Final = "policy_late"
FAILED: Final = "policy_failed"
NO_BUNDLE: Final = "policy_no_bundle"
UNSIGNED: Final = "policy_unsigned_bundle"
WRONG_SIGNATURE: Final = "policy_wrong_signature"
STALE: Final = "policy_stale_bundle"
OTHER_BUNDLE: Final = "policy_other_bundle"

CODES: Final = frozenset(
    {UNREACHABLE, LATE, FAILED, NO_BUNDLE, UNSIGNED, WRONG_SIGNATURE, STALE, OTHER_BUNDLE}
)
"""Denials that are no rule's: nothing was decided, so the same question may be asked again later."""


FAULTS: Final = CODES | {
    "policy_undefined",
    "policy_malformed",
    "policy_other_gate",
    "policy_unknown_reason",
    "policy_unknown_obligation",
    "policy_contradiction",
}
"""These, and the judge's own for an answer that is none: an installation that hears one of them is not ready."""


class Unasked(Unreachable):
    """The engine gave no answer of the rules in force; `code` says in which way."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
