"""Why a round, an order or an opening is refused: by rules in code that no party can turn off."""

from __future__ import annotations

from enum import StrEnum

from spe.errors import IntegrityFailure, NotNow


class Why(StrEnum):
    """Codes of refusals; the message says it in words."""

    TOO_FEW_SITES = "too_few_sites"
    WOULD_SINGLE_OUT = "would_single_out"
    ANSWERED_ALREADY = "answered_already"
    KEY_IS_SPENT = "key_is_spent"
    TOO_FEW_SHARES = "too_few_shares"
    NOT_NOW = "not_now"
    UNKNOWN_OPENER = "unknown_opener"
    UNKNOWN_KEY = "unknown_key"
    DUPLICATE = "duplicate"


class Refused(NotNow):
    """A rule of encrypted sums refuses; `why` is for programs."""

    title = "Refused by the rules of encrypted sums"

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


class ForeignContribution(IntegrityFailure):
    """A contribution that is not this site's for this round: foreign, replayed, altered, cut, or of another layout."""

    title = "Not a contribution to this round"
