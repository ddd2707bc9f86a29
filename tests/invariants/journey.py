"""A short journey through every stage, with a withdrawal on the way, for what is to be searched afterwards."""

from __future__ import annotations

from contextlib import suppress

from tests.builders import GRADE_TABLE, MILANO, THERAPY_TABLE, Table, application, patients, project
from tests.cast import Cast
from tests.world import Refused


def go(cast: Cast) -> tuple[str, Table]:
    """Go from a delivered table to a release, be refused here and there, and withdraw one consent; return permit and table."""
    researcher, table = cast.researcher, patients()
    cast.given_data(table)
    researcher.preflights(application(table, uses=["advertising"]))
    permit = cast.given_permit(table)
    code = cast.given_code(permit, project(THERAPY_TABLE, GRADE_TABLE))
    researcher.opens(permit, MILANO)
    outputs = cast.given_run(permit, code)
    release = researcher.asks_release(permit, MILANO, cast.given_approved(outputs["therapy"]["id"]))
    researcher.release(release)
    researcher.downloads(release)
    cast.holder().records(MILANO, (table.subjects[5], "withdrawal", "*"))
    cast.world.tick(3)
    cast.given_run(permit, code)
    for path in (
        "/datasets",
        f"/permits/{permit}",
        f"/permits/{permit}/sites/{MILANO.holder}/cohort",
        f"/codes/{code}",
    ):
        researcher.get(path)
    for path in (
        f"/datasets/{table.id}",
        f"/receipts?about={MILANO.holder}/{table.subjects[5]}",
        "/log/timeline",
    ):
        with suppress(Refused):
            researcher.get(path)
    return permit, table
