"""What a data user hears of the machine's findings: which cell or file can't leave, never by which rule.

Which rule stops a cell can tell one person's value (an empty cell from one of a nought, a nought from a one), and what
is wrong with a file is for its program to choose: so every rule on one cell sounds the same, and so does every rule
on one file. What a program still says by having its file stopped or not is one bit a file, of at most `MAX_OUTPUTS`
files a run; the log has each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from spe.code.layout import Kind
from spe.output.checks.finding import Audience, Code, Finding, Remedy, Severity
from spe.output.model import StoredFinding

F = TypeVar("F", Finding, StoredFinding)
_MOST_CELLS = 100
_AS_THEY_ARE = frozenset({Code.BELOW_THRESHOLD.value, Code.NOT_RECOMPUTED.value})


def told(kind: str, findings: Sequence[F]) -> tuple[F, ...]:
    """Return what a data user may read of an output's findings; `kind` is the output's.

    Each cell of a count below the threshold; each other cell that can't leave once, as `cell_not_safe`; a file that
    can't go to people as `file_refused`. Of a table with very many such cells no cell is named: on a grid as fine as
    days, which cells are small tells when the people were.
    """
    heard = tuple(dict.fromkeys(_heard(kind, findings)))
    if len(heard) <= _MOST_CELLS:
        return heard
    return (replace(heard[0], code=Code.CELL_NOT_SAFE, cell=(), params=(), remedy=Remedy.MERGE_GROUPS),)


def _heard(kind: str, findings: Sequence[F]) -> Iterable[F]:
    for finding in findings:
        if finding.audience != Audience.EVERYBODY:
            continue
        if finding.severity != Severity.STOP or _itself(kind, finding.code):
            yield finding
        elif kind == Kind.OTHER:
            yield replace(finding, code=Code.FILE_REFUSED, cell=(), params=(), remedy=Remedy.DECLARE_TABLE)
        else:
            remedy = Remedy.MERGE_INTERVALS if kind == Kind.LIFE_TABLE else Remedy.MERGE_GROUPS
            yield replace(finding, code=Code.CELL_NOT_SAFE, params=(), remedy=remedy)


def _itself(kind: str, code: str) -> bool:
    """A count has one rule that everybody hears of; that a cohort is gone isn't for a program to choose."""
    return code in _AS_THEY_ARE and (kind == Kind.COUNT or code == Code.NOT_RECOMPUTED)
