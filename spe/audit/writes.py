"""What an entry says of the records that committed with it: enough to hold the database to the log, and no content.

A commitment hides what it commits to behind a random salt that is stored beside the row: whoever has only the log
learns nothing from it, and nothing is left of it once the row and its salt are gone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256

MOST_IN_AN_ENTRY = 256


@dataclass(frozen=True, slots=True)
class Write:
    """A version of a record: `record` is its keyed digest, `commitment` is to its salt, name, version and content."""

    table: str
    version: int
    record: str
    commitment: str


def new_salt() -> str:
    """Return the 32 random hexadecimal digits that hide one row in its commitment."""
    return secrets.token_hex(16)


def commitment(salt: str, table: str, id_: str, version: int, body: str) -> str:
    """Return the SHA-256 that commits to one version of one row; its length before the name keeps the parts apart."""
    text = f"spe row 1\n{salt}\n{table}\n{version}\n{len(id_)}\n{id_}\n{body}"
    return sha256(text.encode()).hexdigest()
