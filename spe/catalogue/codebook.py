"""Reading a dataset's CSV strictly by its codebook, row by row, in constant memory but for the subjects seen.

A value may be missing only where the codebook says so: whoever counts relies on it that elsewhere groups add up.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from spe.catalogue.model import Dataset
from spe.catalogue.variables import Missingness, Variable, VariableGroup, VariableType
from spe.errors import Malformed

_LONGEST_LINE = 65_536
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


@dataclass(slots=True)
class Count:
    """What a pass over a dataset found."""

    subjects: set[str] = field(default_factory=set)
    rows: int = 0


def count(chunks: Iterable[bytes], dataset: Dataset, counted: Count) -> Iterator[bytes]:
    """Yield `chunks` unchanged while checking every row and counting into `counted`.

    One row per subject: a pseudonym that comes twice is refused, since directives and counts go by subject.
    """
    kept: list[bytes] = []
    rows = read_rows(_tee(chunks, kept), dataset)
    for row in rows:
        subject = row[dataset.subject_field]
        if subject in counted.subjects:
            raise Malformed(f"line {counted.rows + 2}: this subject came before")
        counted.subjects.add(subject)
        counted.rows += 1
        yield from _drain(kept)
    yield from _drain(kept)


def read_rows(chunks: Iterable[bytes], dataset: Dataset) -> Iterator[dict[str, str]]:
    """Yield the rows as maps of text; raise `Malformed` naming line and field where the codebook is broken."""
    reader = csv.reader(_lines(chunks), strict=True)
    try:
        header = next(reader, None)
        if header is None or header != [variable.name for variable in dataset.variables]:
            raise Malformed("line 1: the header must be the codebook's variables, in its order")
        for number, cells in enumerate(reader, start=2):
            yield _row(number, cells, dataset.variables)
    except csv.Error as cause:
        raise Malformed(f"line {reader.line_num}: this is not CSV") from cause


def _row(number: int, cells: list[str], variables: tuple[Variable, ...]) -> dict[str, str]:
    if len(cells) != len(variables):
        raise Malformed(f"line {number}: {len(variables)} fields expected")
    for variable, cell in zip(variables, cells, strict=True):
        if not _admitted(variable, cell):
            raise Malformed(f"line {number}, {variable.name}: the codebook does not admit this value")
    return {variable.name: cell for variable, cell in zip(variables, cells, strict=True)}


def _admitted(variable: Variable, cell: str) -> bool:
    if variable.group is VariableGroup.SUBJECT:
        return 0 < len(cell) <= 64 and cell.isascii() and cell.isprintable() and cell == cell.strip()
    if cell == "":
        return variable.missing is not Missingness.NONE
    if variable.type is VariableType.CATEGORY:
        return cell in variable.categories
    return _in_range(variable, cell)


def _in_range(variable: Variable, cell: str) -> bool:
    form = _WHOLE if variable.type is VariableType.INTEGER else _DECIMAL
    if not form.fullmatch(cell):
        return False
    value = float(cell)
    if not math.isfinite(value) or variable.low is None or variable.high is None:
        return False
    return variable.low <= value <= variable.high


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise Malformed("a line is longer than a row can be")
        for line in lines:
            yield _text(line)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError as cause:
        raise Malformed("the file is not UTF-8 text") from cause


def _tee(chunks: Iterable[bytes], kept: list[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        kept.append(chunk)
        yield chunk


def _drain(kept: list[bytes]) -> Iterator[bytes]:
    while kept:
        yield kept.pop(0)
