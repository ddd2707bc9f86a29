from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spe.output.recompute.recompute_main as entry
from spe.code.layout import Layout
from spe.code.layout_parse import parse_layout
from spe.errors import IntegrityFailure, Malformed
from spe.output.canonical import Recomputed, canonical_bytes, parse_support, plan, verify_canonical
from spe.output.recompute.program import BAD_COHORT, main
from spe.output.support import Agreement
from tests.unit.output import tables as t

OTHER = parse_layout({"name": "fit", "kind": "other", "file": "fit.json", "media_type": "application/json"})
LAYOUTS = (
    t.count_layout(t.GRADE),
    t.life_layout(t.THERAPY, grid=[0, 10, 20]),
    t.sum_layout(kind="mean"),
    OTHER,
)
ROWS = [
    f"S{i},{['I', 'II', 'III'][i % 3]},{['no', 'yes'][i % 2]},{i % 2 if i else ''},{i}.5,{i * 0.1:.1f}"
    for i in range(30)
]


class Desk:
    """A folder as the sandbox sees it: plan, cohort, the user's files, results."""

    def __init__(self, folder: Path, layouts: Sequence[Layout] = LAYOUTS, rows: Sequence[str] = ROWS) -> None:
        self.folder, self.layouts = folder, layouts
        for name in ("outputs", "results"):
            (folder / name).mkdir()
        (folder / "plan.json").write_bytes(plan(layouts, "subject"))
        self.cohort("subject,grade,therapy,event,time,cost", rows)

    def cohort(self, header: str, rows: Sequence[str]) -> None:
        (self.folder / "cohort.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

    def write(self, name: str, content: str) -> None:
        (self.folder / "outputs" / name).write_text(content, encoding="utf-8")

    @property
    def arguments(self) -> list[str]:
        return [str(self.folder / name) for name in ("plan.json", "cohort.csv", "outputs", "results")]

    def raw(self) -> bytes:
        return (self.folder / "results" / "support.json").read_bytes()

    def run(self) -> Recomputed:
        assert main(self.arguments) == 0
        return parse_support(self.raw(), self.layouts)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_cells_are_counted_from_rows(desk: Desk) -> None:
    got = desk.run()
    assert [cell.n for cell in got.supports["table"].cells] == [10, 10, 10]
    life = got.supports["life"]
    assert life.excluded == 1
    assert [(c.labels, c.n, c.events, c.censored) for c in life.cells] == [
        (("no", "0-<10"), 14, 0, 4),
        (("no", "10-<20"), 10, 0, 5),
        (("yes", "0-<10"), 15, 5, 0),
        (("yes", "10-<20"), 10, 5, 0),
    ]
    cost = got.supports["costs"].cells[0].measured
    assert cost is not None
    assert (str(cost.total), [str(size) for size in cost.largest], cost.nonzero) == (
        "43.5",
        ["2.9", "2.8"],
        29,
    )


def test_the_canonical_file_is_ours_whatever_the_user_wrote(desk: Desk) -> None:
    desk.write("table.csv", "n,grade\n10.0,III\n10,I\n7,II\n")
    got = desk.run()
    support = got.supports["table"]
    assert support.agreement is Agreement.VALUES
    assert [(difference.labels, difference.column) for difference in support.differences] == [(("II",), "n")]
    written = (desk.folder / "results" / "table.csv").read_bytes()
    assert written == b"grade,n\nI,10\nII,10\nIII,10\n"
    assert verify_canonical(LAYOUTS[0], support, written, got.digests["table"]) == written
    with pytest.raises(IntegrityFailure):
        verify_canonical(LAYOUTS[0], support, written.replace(b"10", b"11"), got.digests["table"])


@pytest.mark.parametrize(
    ("name", "content", "agreement"),
    [
        ("table.csv", "grade,n\r\nII,10\r\nI,1e1\r\nIII,10.00\r\n", Agreement.SAME),
        ("table.csv", "grade,n\nI,10\nII,10\nIII,10\nIV,3\n", Agreement.VALUES),
        ("table.csv", "grade,n\nI,10\nII,10\n", Agreement.VALUES),
        ("table.csv", "grade,n,note\nI,10,hello\n", Agreement.UNREADABLE),
        ("table.csv", "grade,n\nI,10\nI,10\n", Agreement.UNREADABLE),
        ("table.csv", "", Agreement.UNREADABLE),
        ("costs.csv", "mean,n\n1.4500001,30\n", Agreement.SAME),
        ("costs.csv", "mean,n\n1.46,30\n", Agreement.VALUES),
        ("nothing.csv", "", Agreement.MISSING),
    ],
)
def test_the_users_file_is_compared_and_never_trusted(
    desk: Desk, name: str, content: str, agreement: Agreement
) -> None:
    desk.write(name, content)
    support = desk.run().supports["costs" if name == "costs.csv" else "table"]
    assert support.agreement is agreement
    assert "hello" not in desk.raw().decode()


def test_a_link_is_not_read(desk: Desk) -> None:
    (desk.folder / "outputs" / "table.csv").symlink_to(desk.folder / "cohort.csv")
    assert desk.run().supports["table"].agreement is Agreement.MISSING


def test_row_order_changes_nothing(desk: Desk) -> None:
    desk.run()
    first = desk.raw()
    shuffled = random.Random(1).sample(ROWS, len(ROWS))
    desk.cohort("subject,grade,therapy,event,time,cost", shuffled)
    desk.run()
    assert desk.raw() == first


@pytest.mark.parametrize(
    ("content", "media", "rows", "subjects"),
    [
        ('{"coef": [1, 2, 3]}', "application/json", 3, 0),
        ('{"rows": {"S1": 1, "S2": 2}}', "application/json", 2, 2),
        ("a,b\n1,S3\n", "text/csv", 1, 1),
        ("\x7fELF\x00", "binary", 0, 0),
        ("[[[", "text", 1, 0),
    ],
)
def test_other_files_are_described_without_their_text(
    desk: Desk, content: str, media: str, rows: int, subjects: int
) -> None:
    desk.write("fit.json", content)
    facts = desk.run().files["fit"]
    assert (facts.media, facts.rows, facts.cohort_rows) == (media, rows, 30)
    assert sum(column.subjects for column in facts.columns) == subjects


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("subject,grade,therapy,event,time", ["S1,I,no,1,3"]),
        ("subject,grade,therapy,event,time,cost,cost", ["S1,I,no,1,3,1,1"]),
        ("subject,grade,therapy,event,time,cost", ["S1,I,no,1,3,1", "S1,I,no,1,3,1"]),
        ("subject,grade,therapy,event,time,cost", ["S1,I,no,1,3"]),
        ("subject,grade,therapy,event,time,cost", ["S1,I,no,1,3,1", "S2,I"]),
    ],
)
def test_a_cohort_that_is_not_one_row_per_subject_is_refused(
    desk: Desk, header: str, rows: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    desk.cohort(header, rows)
    assert main(desk.arguments) == BAD_COHORT
    assert "S1" not in capsys.readouterr().err


def test_the_program_runs_alone_in_isolated_mode(desk: Desk) -> None:
    command = [sys.executable, "-I", "-S", str(Path(entry.__file__)), *desk.arguments]
    assert subprocess.run(command, check=False).returncode == 0
    alone = desk.raw()
    desk.run()
    assert desk.raw() == alone


def test_exact_sums_survive_numbers_of_very_different_size(tmp_path: Path) -> None:
    layout = t.sum_layout(high=10**12)
    rows = [
        f"S{i},I,no,1,1,{cost}" for i, cost in enumerate(["1000000000000", "0.000000000000001", *["1"] * 10])
    ]
    got = Desk(tmp_path, [layout], rows).run()
    measured = got.supports["costs"].cells[0].measured
    assert measured is not None
    assert str(measured.total) == "1000000000010.000000000000001"
    assert canonical_bytes(layout, got.supports["costs"]) == b"n,sum\n12,1000000000010.00\n"


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [at, *(path for key in value for path in paths(value[key], (*at, key)))]
    if isinstance(value, list):
        return [at, *(path for i, item in enumerate(value) for path in paths(item, (*at, i)))]
    return [at]


@given(st.data())
def test_support_with_any_part_removed_or_replaced_is_malformed_or_read(data: st.DataObject) -> None:
    document = json.loads(SAMPLE)
    path = data.draw(st.sampled_from([path for path in paths(document) if path]))
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    value: Any = data.draw(st.sampled_from([None, -1, 10**12, 1.5, "x", [], {}, True, "REMOVE"]))
    if value == "REMOVE":
        del holder[path[-1]]
        with pytest.raises(Malformed):
            parse_support(json.dumps(document).encode(), LAYOUTS)
        return
    same, holder[path[-1]] = holder[path[-1]] == value, value
    identity = ("name", "largest", "rows", "agreement", "sha256", "labels", "n", "cells", "tables")
    try:
        parse_support(json.dumps(document).encode(), LAYOUTS)
    except Malformed:
        return
    assert same or path[-1] not in identity


@given(st.binary(max_size=60))
def test_bytes_that_are_no_support_are_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_support(raw, LAYOUTS)


def _sample() -> str:
    def table(name: str, cells: list[dict[str, Any]]) -> dict[str, Any]:
        rest = {"excluded": 0, "agreement": "same", "differences": [], "sha256": "0" * 64}
        return {"name": name, "rows": 30, "cells": cells, **rest}

    measured = {
        "total": "43.5",
        "absolute": "43.5",
        "largest": ["2.9", "2.8"],
        "nonzero": 29,
        "at_low": 1,
        "at_high": 0,
        "lowest": "0.0",
        "highest": "2.9",
    }
    lives = [
        ("no", "0-<10", 15, 4),
        ("no", "10-<20", 11, 5),
        ("yes", "0-<10", 15, 5),
        ("yes", "10-<20", 10, 5),
    ]
    tables = [
        table("table", [{"labels": [grade], "n": 10} for grade in ("I", "II", "III")]),
        table("life", [{"labels": [a, b], "n": n, "events": e, "censored": 0} for a, b, n, e in lives]),
        table("costs", [{"labels": [], "n": 30, "measured": measured}]),
    ]
    facts = {
        "name": "fit",
        "present": True,
        "size": 3,
        "sha256": "0" * 64,
        "media": "text",
        "rows": 2,
        "columns": [],
    }
    return json.dumps({"version": 1, "rows": 30, "tables": tables, "files": [facts]})


SAMPLE = _sample()


def test_the_sample_itself_is_read() -> None:
    assert parse_support(SAMPLE.encode(), LAYOUTS).rows == 30
