"""The rows a cohort consists of: the allowed subjects' granted fields, and no pseudonym of anybody."""

from __future__ import annotations

import csv
import hmac
import io
from collections.abc import Iterable, Iterator, Mapping

ROW = "row"


def extract(
    rows: Iterable[Mapping[str, str]],
    subject_field: str,
    allowed: frozenset[str],
    fields: tuple[str, ...],
    key: bytes,
) -> list[list[str]]:
    """Return header and rows: a number in place of the pseudonym, then `fields`; rows of nobody else.

    Rows are ordered under the permit's key: neither the order of delivery nor another permit's can be told from it.
    """
    kept = sorted(
        (row for row in rows if row[subject_field] in allowed),
        key=lambda row: _place(key, row[subject_field]),
    )
    chosen = [[row[field] for field in fields] for row in kept]
    numbered = [[str(number), *cells] for number, cells in enumerate(chosen, start=1)]
    return [[ROW, *fields], *numbered]


def _place(key: bytes, subject: str) -> bytes:
    return hmac.digest(key, b"spe cohort order 1\x00" + subject.encode(), "sha256")


def to_csv(table: list[list[str]]) -> Iterator[bytes]:
    """Yield the table as CSV, UTF-8, one chunk a thousand rows."""
    for at in range(0, len(table), 1000):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(table[at : at + 1000])
        yield buffer.getvalue().encode()


def rows_digest(key: bytes, subjects: Iterable[str]) -> str:
    """Return the digest of a set of subjects under their dataset's key: it tells cohorts apart and names nobody."""
    listed = "\n".join(sorted(subjects)).encode()
    return hmac.digest(key, b"spe cohort rows 1\x00" + listed, "sha256").hex()
