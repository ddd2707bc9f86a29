"""The program: plan, cohort and declared files in; canonical files and `support.json` out."""

from __future__ import annotations

import hashlib
import json
import sys
from decimal import localcontext
from pathlib import Path
from typing import Any

from .compare import compare
from .facts import file_facts
from .form import EXACT, render
from .plan import Plan, Table, read_plan
from .rows import BadCohort, read_rows
from .tally import Tally

USAGE, BAD_COHORT = 2, 3


def main(arguments: list[str]) -> int:
    """Run with four paths; 0 done, 2 usage, 3 where the cohort's file can't be used."""
    if len(arguments) != 4:
        sys.stderr.write("usage: recompute_main.py PLAN COHORT OUTPUTS RESULTS\n")
        return USAGE
    plan_file, cohort, outputs, results = map(Path, arguments)
    try:
        recompute(read_plan(plan_file.read_bytes()), cohort, outputs, results)
    except BadCohort as bad:
        sys.stderr.write(f"{bad}\n")
        return BAD_COHORT
    return 0


def recompute(plan: Plan, cohort: Path, outputs: Path, results: Path) -> None:
    """Write `support.json` and one canonical file per table, under its declared name, into `results`."""
    with localcontext() as context:
        context.prec = EXACT
        tallies, subjects = _tallies(plan, cohort)
    support = [_finish(tally, outputs, results) for tally in tallies]
    files = [file_facts(outputs / other.file, other, subjects) for other in plan.others]
    document = {"version": 1, "rows": len(subjects), "tables": support, "files": files}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (results / "support.json").write_bytes(text.encode("utf-8"))


def _tallies(plan: Plan, cohort: Path) -> tuple[list[Tally], set[str]]:
    tallies, subjects = [Tally(table) for table in plan.tables], set()
    for row in read_rows(cohort, plan.subject, sorted(_fields(plan.tables) - {plan.subject})):
        subjects.add(row[plan.subject])
        for tally in tallies:
            tally.add(row)
    return tallies, subjects


def _fields(tables: tuple[Table, ...]) -> set[str]:
    needed = {axis.field for table in tables for axis in table.axes}
    needed |= {table.measure.field for table in tables if table.measure}
    for table in tables:
        needed |= {table.survival.duration, table.survival.event.field} if table.survival else set()
    return needed


def _finish(tally: Tally, outputs: Path, results: Path) -> dict[str, Any]:
    rows = tally.file_rows()
    content = render(tally.table.header, rows)
    (results / tally.table.file).write_bytes(content)
    agreement, differences = compare(outputs / tally.table.file, tally.table, rows)
    return {
        "name": tally.table.name,
        "rows": tally.rows,
        "excluded": tally.excluded,
        "cells": tally.cells(),
        "agreement": agreement,
        "differences": differences,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
