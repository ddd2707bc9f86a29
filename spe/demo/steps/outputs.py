"""Real runs, the machine's checks of what they wrote, two people, and what may leave."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from spe.demo.answers import Answer
from spe.demo.journey import APPLICANT, CHECKERS, THIRD_CHECKER, Journey

_TABLES = 5
_WELL = "by_therapy"


def start_runs(tour: Journey) -> None:
    """Start the analysis at each site, and two more programs."""
    for number, hospital in enumerate(tour.materials.hospitals):
        library = "lifelines" if number == 0 else "pandas"
        tour.keep(
            f"run-{hospital.id}",
            tour.start("permit", hospital.id, "events", "real", library=library, resamples="0"),
        )
    tour.keep("run-failing", tour.start("permit", tour.milano.id, "failing", "real"))
    tour.keep("run-leaky", tour.start("ehds", tour.milano.id, "leaky", "real"))


def runs(tour: Journey) -> None:
    """See real runs end: all that is heard is that they finished or failed."""
    book = tour.book
    book.head("9 Run: at each site, on real rows, with no way out but declared files")
    for hospital in tour.materials.hospitals:
        book.step(
            f"9.1 The analysis at {hospital.city}",
            APPLICANT,
            "0 finished",
            partial(tour.ended, f"run-{hospital.id}"),
        )
    heard = tour.ended("run-failing").data
    book.check(
        "9.2 The program with a mistake, on real rows: that it failed, and no more",
        APPLICANT,
        "failed, nothing else",
        lambda: f"{heard['state']}, {'nothing else' if not {'error', 'outputs'} & set(heard) else 'more'}",
    )
    book.step(
        "9.3 Sums, means and dumps under the other permit",
        APPLICANT,
        "0 finished",
        lambda: tour.ended("run-leaky"),
    )


def checks(tour: Journey) -> None:
    """Read what the machine found, kind by kind, and take its fix."""
    book, site = tour.book, tour.milano.id
    book.head("10 Output checks: support is counted again by trusted code, never believed")
    tables = tour.outputs(f"run-{site}", _TABLES)
    stopped = tables["by_grade_and_therapy"]["id"]
    book.step(
        "10.1 Three grades by therapy by event: stopped",
        APPLICANT,
        "11 stopped",
        lambda: _waited(tour.cli(APPLICANT, "output", "wait", stopped)),
    )
    book.note(_cells(tables["by_grade_and_therapy"]))
    book.step(
        "10.2 No merge helps at one site: it needs pooling over sites",
        APPLICANT,
        "10",
        lambda: tour.api.post(APPLICANT, f"/v1/outputs/{stopped}/fix"),
    )
    book.step(
        "10.3 Grade by event is stopped too; its fix is one command",
        APPLICANT,
        "0 collected",
        lambda: tour.keep("merged", tour.cli(APPLICANT, "output", "fix", tables["by_grade"]["id"])),
    )
    yearly = tables["yearly"]["id"]
    book.step(
        "10.4 So is that of the yearly life table",
        APPLICANT,
        "0 collected",
        lambda: tour.keep("years", tour.api.post(APPLICANT, f"/v1/outputs/{yearly}/fix")),
    )
    for name, what in (("merged", "Grades I and II merged"), ("years", "Years merged")):
        fixed = book.step(f"10.5 {what}: passes", APPLICANT, "0 passed", partial(_checked, tour, tour[name]))
        book.note(_labels(fixed.data["layout"]))
    book.check(
        "10.6 Therapy by event passes as it is", APPLICANT, "passed", lambda: str(tables[_WELL]["status"])
    )
    tour.ids[f"out-{site}"] = str(tables[_WELL]["id"])
    leaky = tour.outputs("run-leaky", _TABLES)
    for number, (name, (what, expected)) in enumerate(_LEAKY.items(), start=7):
        book.check(f"10.{number} {what}", APPLICANT, expected, partial(_found, leaky[name]))
    for number, (name, expected) in enumerate(_CHECKERS_READ.items(), start=12):
        path = f"/v1/outputs/{leaky[name]['id']}"
        book.check(
            f"10.{number} Why, for checkers only: `{name}`", CHECKERS[0], expected, partial(_read, tour, path)
        )
    tour.ids["out-ehds"] = str(leaky[_WELL]["id"])


def reviews(tour: Journey) -> None:
    """Two checkers, blind; where they disagree, a third settles it."""
    book = tour.book
    book.head("11 Two people look, and a release is exactly what they saw")
    milano, berlin, madrid = tour.materials.hospitals
    for hospital, name in ((berlin, _WELL), (madrid, "by_grade_and_therapy")):
        tour.ids[f"out-{hospital.id}"] = str(tour.outputs(f"run-{hospital.id}", _TABLES)[name]["id"])
    output = tour[f"out-{milano.id}"]
    book.step(
        "11.1 The table of Milano is submitted",
        APPLICANT,
        "0 in_review",
        lambda: tour.cli(APPLICANT, "output", "submit", output),
    )
    shown = tour.api.get(CHECKERS[0], f"/v1/outputs/{output}").data
    words = ("output", "review", output, "approve", "--sha256", str(shown["sha256"]))
    book.step(
        "11.2 The first checker approves these bytes",
        CHECKERS[0],
        "0 in_review",
        lambda: tour.cli(CHECKERS[0], *words),
    )
    seen = tour.api.get(CHECKERS[1], f"/v1/outputs/{output}").data
    book.check(
        "11.3 What the second checker sees of it",
        CHECKERS[1],
        "0 reviews",
        lambda: f"{len(seen['reviews'])} reviews",
    )
    book.step(
        "11.4 The second approves",
        CHECKERS[1],
        "0 approved",
        lambda: review(tour, CHECKERS[1], output, "approve"),
    )
    book.together(
        lambda: pass_output(tour, tour[f"out-{berlin.id}"]),
        lambda: pass_output(tour, tour["out-ehds"]),
        lambda: pass_output(tour, tour["merged"]),
        lambda: _disagreement(tour, tour[f"out-{madrid.id}"]),
    )


def pass_output(tour: Journey, output: str) -> Answer:
    """Submit an output and have both checkers approve it."""
    tour.post(APPLICANT, f"/v1/outputs/{output}/submit", text="")
    review(tour, CHECKERS[0], output, "approve")
    return review(tour, CHECKERS[1], output, "approve")


def review(tour: Journey, who: str, output: str, answer: str, note: str = "") -> Answer:
    """Answer as a checker on the bytes as they are now."""
    digest = str(tour.api.get(who, f"/v1/outputs/{output}").data["sha256"])
    return tour.post(who, f"/v1/outputs/{output}/reviews", answer=answer, sha256=digest, note=note)


def _disagreement(tour: Journey, output: str) -> None:
    first, second = CHECKERS
    steps = (
        (
            "11.5 The stopped table of Madrid is submitted with a reason",
            APPLICANT,
            "0 in_review",
            "submit",
            "Few cells, no person known.",
        ),
        ("11.6 A checker asks", first, "0 returned", "ask", "Why all three grades?"),
        (
            "11.7 The researcher answers",
            APPLICANT,
            "0 in_review",
            "answer",
            "To compare with the published table.",
        ),
        (
            "11.8 The first would make an exception, in writing",
            first,
            "0 in_review",
            "except",
            "Old, published rows.",
        ),
        (
            "11.9 The second rejects: they reconcile",
            second,
            "0 reconciling",
            "reject",
            "Under ten is under ten.",
        ),
        (
            "11.10 A third settles it: rejected",
            THIRD_CHECKER,
            "0 rejected",
            "reject",
            "I agree with the second.",
        ),
    )
    for step, who, expected, what, text in steps:
        tour.book.step(step, who, expected, partial(_say, tour, who, output, what, text))


def _say(tour: Journey, who: str, output: str, what: str, text: str) -> Answer:
    if what in {"submit", "answer"}:
        return tour.post(who, f"/v1/outputs/{output}/{what}", text=text)
    return review(tour, who, output, what, text)


def _checked(tour: Journey, output: str) -> Answer:
    return tour.api.until(APPLICANT, f"/v1/outputs/{output}", lambda one: one["status"] != "collected")


def _waited(answer: Answer) -> Answer:
    return Answer(
        answer.code, {"reasons": [str(answer.data.get("status", ""))], "detail": answer.text[-300:]}
    )


def _found(output: Mapping[str, Any]) -> str:
    codes = sorted({one["code"] for one in output["findings"] if one["severity"] == "stop"})
    return " ".join([str(output["status"]), *codes])


def _read(tour: Journey, path: str) -> str:
    return _found(tour.api.get(CHECKERS[0], path).data)


def _cells(output: Mapping[str, Any]) -> str:
    found = [one for one in output["findings"] if one["severity"] == "stop"]
    return "\n".join(f"{' / '.join(one['cell'])}: {one['code']}, {one['remedy']}" for one in found)


def _labels(layout: Mapping[str, Any]) -> str:
    split = [
        f"{one['name']}: {', '.join(group['label'] for group in one['groups'])}"
        for one in layout["dimensions"]
    ]
    return "; ".join(split) + (f"years end at days {layout['grid']}" if "grid" in layout else "")


_LEAKY = {
    "receptors": ("A sum that one person makes up by half: stopped", "stopped cell_not_safe"),
    "ages": ("A mean over enough people: passes", "passed"),
    "dump": ("A file with a line for each person: stopped", "stopped file_refused"),
    "picture": ("A file that is not what it says: stopped", "stopped file_refused"),
    _WELL: ("The same table under the other permit: passes, so far", "passed"),
}
_CHECKERS_READ = {
    "receptors": "stopped dominated_by_one dominated_by_two",
    "dump": "stopped holds_subjects looks_like_rows",
    "picture": "stopped undeclared_type",
}
