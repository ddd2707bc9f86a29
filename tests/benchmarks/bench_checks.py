"""Checks and recomputation against the least that could do the same; prints ratios, never a gate.

Run with `python -m tests.benchmarks.bench_checks`.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from spe.output.canonical import plan
from spe.output.checks.assess import check_output
from spe.output.recompute.program import main as recompute
from tests.benchmarks.rounds import seconds
from tests.unit.output import tables as t

ROWS = 50_000
CUTS = {"field": "cost", "name": "cost", "cuts": list(range(1, 834))}


def best(work: Callable[[], object]) -> float:
    """Return the best of three."""
    return min(seconds(work) for _ in range(3))


def checks() -> None:
    """All rules on a count of nearly 10,000 cells, against one comparison per cell."""
    layout = t.count_layout(CUTS, t.GRADE, t.THERAPY, name="large")
    support = t.counts(layout, [50] * 5004)
    ours = best(lambda: check_output(layout, support, None, t.PROFILE))
    bare = best(lambda: [cell.labels for cell in support.cells if cell.n < t.PROFILE.threshold])
    print(f"checks: {len(support.cells) / ours:,.0f} cells/s, {ours / bare:.0f} x one comparison per cell")


def recomputation() -> None:
    """A three-way count of 50,000 rows, against reading the file and counting tuples."""
    layout = t.count_layout(t.GRADE, t.THERAPY, t.EVENT)
    rows = [f"S{i},{('I', 'II', 'III')[i % 3]},{('no', 'yes')[i % 2]},{i // 7 % 2}" for i in range(ROWS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("outputs", "results"):
            (folder / part).mkdir()
        (folder / "plan.json").write_bytes(plan([layout], "subject"))
        (folder / "cohort.csv").write_text("\n".join(["subject,grade,therapy,event", *rows]) + "\n")
        paths = [str(folder / part) for part in ("plan.json", "cohort.csv", "outputs", "results")]
        ours = best(lambda: recompute(paths))
        bare = best(lambda: count(folder / "cohort.csv"))
    print(f"recomputation: {ROWS / ours:,.0f} rows/s, {ours / bare:.1f} x csv.reader and a Counter")


def count(path: Path) -> Counter[tuple[str, ...]]:
    """Count tuples, believing everything."""
    with path.open(newline="") as handle:
        return Counter(tuple(row[1:]) for row in csv.reader(handle))


if __name__ == "__main__":
    checks()
    recomputation()
