"""The demo's data holders and their data: real rows out of registry packages, pseudonyms and directives made up here."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_GBSG2 = "lifelines/datasets/gbsg2.csv"
_WDBC = "sklearn/datasets/data/breast_cancer.csv"
_NEVER, _WITHDRAWN, _OPTED_OUT = 2, 4, 3
_FIRST = datetime(2025, 3, 26, 9, tzinfo=UTC)
_BAD_LINES = (
    "{0},consent,e,2025-03-26T09:00:00+00:00",
    "{0},consented,e,2025-03-26T09:00:00+00:00",
    "{0},consent,z,2025-03-26T09:00:00+00:00",
    "{0},withdrawal,e,2025-03-26",
    "{0},withdrawal,e,2099-01-01T09:00:00+00:00",
)


@dataclass(frozen=True, slots=True)
class Hospital:
    """A demo hospital, the persona who speaks for it, and its block of GBSG2."""

    id: str
    person: str
    city: str
    country: str
    prefix: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def dataset(self) -> str:
        """Return the identifier of its dataset."""
        return f"gbsg2-{self.id.removeprefix('hospital-')}"

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return its patients' pseudonyms, in the order of its rows."""
        return tuple(f"{self.prefix}-{_pseudonym(self.prefix, at)}" for at in range(len(self.rows)))

    @property
    def never_consented(self) -> tuple[str, ...]:
        """Return those who were never asked."""
        return self.subjects[:_NEVER]

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """Return those who consented and withdrew."""
        return self.subjects[_NEVER : _NEVER + _WITHDRAWN]

    @property
    def opted_out(self) -> tuple[str, ...]:
        """Return those who opted out of secondary use (EHDS Art. 71)."""
        start = _NEVER + _WITHDRAWN
        return self.subjects[start : start + _OPTED_OUT]

    def table(self) -> bytes:
        """Return its rows as the CSV that it delivers."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(["pid", *gbsg2_header()])
        writer.writerows([pid, *row] for pid, row in zip(self.subjects, self.rows, strict=True))
        return buffer.getvalue().encode()

    def directives(self) -> bytes:
        """Return what its patients said so far, with a few lines that can't be taken."""
        lines = ["subject,kind,purpose,effective"]
        asked = self.subjects[_NEVER:]
        lines += [f"{pid},consent,e,{_instant(at)}" for at, pid in enumerate(asked)]
        lines += [f"{pid},withdrawal,*,{_instant(9000 + at)}" for at, pid in enumerate(self.withdrawn)]
        lines += [f"{pid},opt_out,*,{_instant(9100 + at)}" for at, pid in enumerate(self.opted_out)]
        return ("\n".join([*lines, *(line.format(asked[0]) for line in _BAD_LINES)]) + "\n").encode()


def hospitals(runtime: Path) -> tuple[Hospital, ...]:
    """Return the three hospitals, GBSG2 split by row into blocks of 229, 229 and 228: an artificial split."""
    rows = _rows(_site_packages(runtime) / _GBSG2)[1:]
    size = -(-len(rows) // 3)
    return (
        Hospital("hospital-milano", "giulia.conti", "Milano", "IT", "mi", rows[:size]),
        Hospital("hospital-berlin", "karl.hoffmann", "Berlin", "DE", "be", rows[size : 2 * size]),
        Hospital("hospital-madrid", "sofia.martin", "Madrid", "ES", "ma", rows[2 * size :]),
    )


def whole_gbsg2(runtime: Path) -> Hospital:
    """Return all of GBSG2 at one holder: an artificial pooling, for the published figures only."""
    rows = _rows(_site_packages(runtime) / _GBSG2)[1:]
    return Hospital("biobank-uppsala", "nora.lind", "Uppsala", "SE", "all", rows)


def wdbc_table(runtime: Path, header: Sequence[str]) -> bytes:
    """Return WDBC as the biobank delivers it: a sample number, 30 measurements, the diagnosis in words."""
    rows = _rows(_site_packages(runtime) / _WDBC)[1:]
    lines = [",".join(header)]
    for number, row in enumerate(rows, start=1):
        diagnosis = "malignant" if row[-1] == "0" else "benign"
        lines.append(",".join([f"sample-{number:03d}", *row[:-1], diagnosis]))
    return ("\n".join(lines) + "\n").encode()


def one_directive(subject: str, kind: str, purpose: str = "*") -> bytes:
    """Return a directives file with one line, effective a second ago."""
    effective = (datetime.now(UTC) - timedelta(seconds=1)).isoformat(timespec="seconds")
    return f"subject,kind,purpose,effective\n{subject},{kind},{purpose},{effective}\n".encode()


def gbsg2_header() -> tuple[str, ...]:
    """Return GBSG2's own column names, in its order."""
    return ("horTh", "age", "menostat", "tsize", "tgrade", "pnodes", "progrec", "estrec", "time", "cens")


def _rows(path: Path) -> tuple[tuple[str, ...], ...]:
    with path.open(newline="") as file:
        return tuple(tuple(row) for row in csv.reader(file))


def _site_packages(runtime: Path) -> Path:
    return next(_candidates(runtime))


def _candidates(runtime: Path) -> Iterator[Path]:
    yield from (runtime / "lib").glob("python3*/site-packages")


def _pseudonym(prefix: str, at: int) -> str:
    return hashlib.sha256(f"spe demo {prefix} {at}".encode()).hexdigest()[:12]


def _instant(hours: int) -> str:
    return (_FIRST + timedelta(hours=hours)).isoformat(timespec="seconds")
