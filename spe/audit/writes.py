"""What an entry says of the records and facts that committed with it: enough to hold the database to the log, no content.

A commitment hides what it commits to behind a random salt that is stored beside the row: whoever has only the log
learns nothing from it, and nothing is left of it once the row and its salt are gone.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

MOST_IN_AN_ENTRY = 256
_AT_ONCE = 8
FACTS = "outbox"
TOLD, HANDLED = 1, 2


@dataclass(frozen=True, slots=True)
class Write:
    """A version of a record: `record` is its keyed digest, `commitment` is to its salt, name, version and content.

    Of a fact the table is `FACTS`. As `TOLD` it is named by its place among the facts of its change, whose last entry gives it
    its identifier; as `HANDLED`, by which nothing is left to commit to, by that identifier.
    """

    table: str
    version: int
    record: str
    commitment: str


def fresh() -> Iterator[str]:
    """Yield 32 random hexadecimal digits at a time, without end: salts, each hiding one row in its commitment, and nonces.

    Several are drawn at once: each draw lets go of Python's global lock, which others may wait for.
    """
    while True:
        drawn = secrets.token_hex(16 * _AT_ONCE)
        yield from (drawn[at : at + 32] for at in range(0, len(drawn), 32))


def commitment(salt: str, table: str, id_: str, version: int, body: str) -> str:
    """Return the SHA-256 that commits to one version of one row; its length before the name keeps the parts apart."""
    text = f"spe row 1\n{salt}\n{table}\n{version}\n{len(id_)}\n{id_}\n{body}"
    return sha256(text.encode()).hexdigest()


def fact_commitment(salt: str, kind: str, about: str, data: str) -> str:
    """Return the SHA-256 that commits to what one fact says; lengths keep the parts apart."""
    text = f"spe fact 1\n{salt}\n{len(kind)}\n{kind}\n{len(about)}\n{about}\n{data}"
    return sha256(text.encode()).hexdigest()
