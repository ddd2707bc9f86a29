"""Identifiers that sort by time of birth, so that keyset pages need no second column."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PATTERN = re.compile(rf"[a-z]{{2,8}}-[{_ALPHABET}]{{20}}")


def new_id(prefix: str, born: datetime) -> str:
    """Return `prefix-` and 20 characters: 48 bits of milliseconds since 1970, then 52 random bits."""
    value = (int(born.timestamp() * 1000) << 52) | secrets.randbits(52)
    digits = [_ALPHABET[(value >> shift) & 31] for shift in range(95, -1, -5)]
    return f"{prefix}-{''.join(digits)}"


def is_id(text: str) -> bool:
    """Say whether `text` has the form that `new_id` gives."""
    return _PATTERN.fullmatch(text) is not None
