"""A day on which every use case is done once, by whoever may: for what has to hold of each of them."""

from __future__ import annotations

from tests.builders import (
    EVENT,
    GRADE,
    GRADE_TABLE,
    MILANO,
    THERAPY_TABLE,
    Table,
    application,
    block,
    counts,
    project,
)
from tests.cast import Cast
from tests.voices import Voice

GRADES = counts("grades", GRADE, EVENT)


def do_everything(cast: Cast) -> None:
    """Do each use case of the API at least once, and let the worker do what follows."""
    table = block(MILANO)
    cast.given_data(table)
    hesitate(cast, table)
    permit = cast.given_permit(table)
    output = work(cast, permit)
    leave(cast, permit, output)
    remember_and_forget(cast, permit, table)
    end(cast, permit, table)


def hesitate(cast: Cast, table: Table) -> None:
    """Have a request returned, completed and taken back."""
    draft, researcher = application(table), cast.researcher
    researcher.preflights(draft)
    request = researcher.submits(draft)
    bare(cast.committee.chair, f"/requests/{request}/return")
    researcher.post(f"/requests/{request}/resubmit", **draft)
    bare(researcher, f"/requests/{request}/withdraw")


def work(cast: Cast, permit: str) -> str:
    """Have code approved and other code rejected, run it, stop another run; return an output that passed."""
    researcher, approver = cast.researcher, cast.approvers.first
    code = cast.given_code(permit, project(THERAPY_TABLE, GRADE_TABLE, GRADES))
    other = researcher.registers(permit, project(THERAPY_TABLE, title="Other"))
    approver.post(f"/codes/{other}/reject", digest=approver.get(f"/codes/{other}")["digest"])
    cast.world.until(lambda: researcher.cohort(permit, MILANO)["status"] == "current")
    researcher.opens(permit, MILANO)
    outputs = researcher.outputs(finished(cast, permit, code))
    settle(cast, outputs["grade"]["id"])
    researcher.takes_fix(outputs["grades"]["id"])
    bare(researcher, f"/runs/{researcher.starts(permit, MILANO, code, seconds=60)}/stop")
    return str(outputs["therapy"]["id"])


def finished(cast: Cast, permit: str, code: str) -> str:
    """Run the code until a run gets to its end: one that the worker lost with the database ends as failed, and says so."""
    for _ in range(5):
        run = cast.researcher.starts(permit, MILANO, code)
        if cast.researcher.waits(run)["state"] == "finished":
            return run
    raise AssertionError("no run got to its end")


def settle(cast: Cast, stopped: str) -> None:
    """Ask about an output that was stopped, and be answered."""
    cast.researcher.brings(stopped, "Few cells; nobody is known.")
    cast.checkers.answers(cast.checkers.first, stopped, "ask", "Why three grades?")
    cast.researcher.post(f"/outputs/{stopped}/answer", text="To compare with the published table.")


def leave(cast: Cast, permit: str, output: str) -> None:
    """Have an output released and called back."""
    researcher = cast.researcher
    release = researcher.asks_release(permit, MILANO, cast.given_approved(output))
    assert researcher.release(release)["status"] == "released"
    researcher.downloads(release)
    cast.committee.chair.post(f"/releases/{release}/recall", text="The cut points were wrong.")


def remember_and_forget(cast: Cast, permit: str, table: Table) -> None:
    """Put a legal hold on somebody, lift it, and erase them."""
    holder, (subject, other) = cast.holder(), table.subjects[:2]
    held = cast.auditor.post("/holds", about=subject, reason="claim 12")["id"]
    cast.auditor.post(f"/holds/{held}/lift", text="settled")
    holder.get(f"/holders/{MILANO.holder}/subjects/report", subject=other)
    holder.records(MILANO, (subject, "withdrawal", "*"))
    cast.world.until(lambda: holder.cohort(permit, MILANO)["status"] == "current")
    cast.world.tick(2)
    holder.post(f"/holders/{MILANO.holder}/subjects/erasures", subject=subject, ground="b")


def end(cast: Cast, permit: str, table: Table) -> None:
    """Suspend the permit, resume it, close the workspace, and revoke the permit after a hearing."""
    committee, researcher = cast.committee, cast.researcher
    committee.tells(permit, "suspend", "A complaint is looked into.")
    committee.tells(permit, "resume", "It was unfounded.")
    cast.world.tick()
    researcher.post(f"/permits/{permit}/sites/{MILANO.holder}/workspace/close", text="All is done.")
    committee.tells(permit, "hear", "Results were used for something else.")
    researcher.post(f"/permits/{permit}/reply", text="That use has ended.")
    committee.tells(permit, "revoke", "The reply does not mend the breach.")
    bare(cast.holder(), f"/datasets/{table.id}/withdraw")


def bare(who: Voice, path: str) -> None:
    """Do what takes no body."""
    who.world.call(who.id, "POST", path)
