"""Code is registered, tried on the synthetic twin, read and approved; hostile code shows what the sandbox is."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from spe.demo.answers import Answer
from spe.demo.journey import APPLICANT, APPROVERS, AUDITOR, COLLEAGUE, Journey

_PROJECTS = (("events", "permit"), ("failing", "permit"), ("leaky", "ehds"), ("hostile", "ehds"))
_NAMED = {
    "links": "links, pipes and files that nobody declared",
    "forks": "to fork without end",
    "memory": "to fill the memory",
    "files": "to leave files without end",
}
_ATTACKS = tuple(_NAMED)


def registration(tour: Journey) -> None:
    """Register four projects; one that a permit's conditions do not admit is refused."""
    book = tour.book
    book.head("7 Code: registered, tried on a synthetic twin, approved by two")
    book.together(
        *(
            lambda name=name, permit=permit: tour.keep(name, _register(tour, name, permit))
            for name, permit in _PROJECTS
        ),
        lambda: book.step(
            "7.2 Files that can't be recomputed, under a permit for aggregates only: refused",
            APPLICANT,
            "10 only_aggregates",
            lambda: _upload(tour, "hostile", "permit"),
        ),
    )


def twins(tour: Journey) -> None:
    """Try code on made-up rows: a failure there tells class and line."""
    site = tour.milano.id
    tour.keep("twin", tour.start("permit", site, "events", "twin", library="pandas", resamples="2"))
    tour.keep("twin-failing", tour.start("permit", site, "failing", "twin"))
    tour.book.step("7.3 The analysis on the twin", APPLICANT, "0 done", lambda: tour.ended("twin"))
    failing = tour.ended("twin-failing").data
    tour.book.check(
        "7.4 A program with a mistake on the twin: class and line",
        APPLICANT,
        "code_failed KeyError main.py:7",
        lambda: f"{failing['state']} {_place(failing)}",
    )


def approvals(tour: Journey) -> None:
    """Approve three projects by two people of two organisations; one of them twice by one organisation is not enough."""
    book, first, second = tour.book, *APPROVERS
    book.step(
        "7.5 A real run before approval: refused",
        APPLICANT,
        "10 code_not_approved run_workspace_not_open",
        lambda: tour.start("permit", tour.milano.id, "events", "real", library="pandas", resamples="0"),
    )
    digest = str(tour.api.get(first, f"/v1/codes/{tour['events']}").data["digest"])
    approve = ("code", "approve", tour["events"], "--digest", digest)
    book.step("7.6 The first approver", first, "0 registered", lambda: tour.cli(first, *approve))
    steps = (
        (
            "7.7 A colleague of the project approves: refused",
            COLLEAGUE,
            "10 no_grounds not_independent role_missing",
        ),
        ("7.8 A colleague of the first approver: not two organisations yet", "paul.moreau", "0 registered"),
        ("7.9 The second organisation", second, "0 agreed"),
    )
    for step, who, expected in steps:
        book.step(
            step,
            who,
            expected,
            partial(tour.post, who, f"/v1/codes/{tour['events']}/approve", digest=digest),
        )
    for name in ("failing", "leaky"):
        path = f"/v1/codes/{tour[name]}"
        seen = str(tour.api.get(first, path).data["digest"])
        tour.post(first, f"{path}/approve", digest=seen)
        tour.post(second, f"{path}/approve", digest=seen)
    for name in ("failing", "leaky", "events"):
        path = f"/v1/codes/{tour[name]}"
        book.step(
            f"7.10 The worker counts again and seals the manifest of `{name}`",
            "the worker",
            "0 approved",
            partial(tour.api.until, APPLICANT, path, lambda one: one["status"] == "approved"),
        )


def workspaces(tour: Journey) -> None:
    """Open workspaces; refuse what was not approved as it is."""
    book, site = tour.book, tour.milano.id
    book.head("8 Workspace: only approved code with admitted parameters enters")
    for hospital in tour.materials.hospitals:
        path = f"/v1/permits/{tour['permit']}/sites/{hospital.id}/workspace/open"
        book.step(
            f"8.1 The workspace at {hospital.city} opens",
            APPLICANT,
            "0 open",
            partial(tour.api.post, APPLICANT, path),
        )
    book.step(
        "8.2 A parameter out of its range: refused",
        APPLICANT,
        "10 parameters_out_of_range",
        lambda: tour.start("permit", site, "events", "real", library="pandas", resamples="100001"),
    )


def changed_code(tour: Journey) -> None:
    """Change a byte of sealed source on disk, as an attacker would, and start it."""
    name = f"code/{tour['failing']}/main.py"
    with tour.home.tampered(name):
        tour.book.step(
            "8.3 One byte of approved code changed on disk: refused",
            APPLICANT,
            "10 code_changed",
            lambda: tour.start("permit", tour.milano.id, "failing", "real"),
        )


def hostile(tour: Journey) -> None:
    """Run a hostile program in the same kind of sandbox and read what its records say."""
    site = tour.milano.id
    for attack in ("look", *_ATTACKS):
        tour.keep(attack, tour.start("ehds", site, "hostile", "twin", attack=attack))
    tour.book.step("8.4 A hostile program looks around", APPLICANT, "0 done", lambda: tour.ended("look"))
    found = _tried(tour, "look")
    tour.book.note(", ".join(f"{name}: {met}" for name, met in found.items()))
    # A child it may have: the run's end waits until every process is dead.
    got = sorted(
        name for name, met in found.items() if met.startswith("got") and name not in {"detached", "look"}
    )
    tour.book.check("8.5 What it got hold of", APPLICANT, "nothing", lambda: ", ".join(got) or "nothing")
    for attack in _ATTACKS:
        tour.book.check(
            f"8.6 It tries {_NAMED[attack]}", APPLICANT, "contained", partial(_contained, tour, attack)
        )
        tour.book.note(_record(tour, attack))


def _contained(tour: Journey, attack: str) -> str:
    """Say how a run ended that met its limits: killed for it, its outputs refused, or told no by the system."""
    state = str(tour.ended(attack).data["state"])
    told_no = state == "done" and not _tried(tour, attack)[attack].startswith("got")
    return "contained" if told_no or state in {"over_limit", "outputs_refused", "code_failed"} else state


def _tried(tour: Journey, attack: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        tour.api.content(APPLICANT, f"/v1/runs/{tour[attack]}/twin-outputs/tried")
    )
    return found


def _register(tour: Journey, name: str, permit: str) -> Answer:
    return tour.book.step(
        f"7.1 The project `{name}` is registered",
        APPLICANT,
        "0 registered",
        lambda: _upload(tour, name, permit),
    )


def _upload(tour: Journey, name: str, permit: str) -> Answer:
    return tour.cli(APPLICANT, "code", "register", tour.file(name), "--permit", tour[permit])


def _place(run: Any) -> str:
    error = run.get("error") or {}
    return f"{error.get('error_class')} {error.get('file')}:{error.get('line')}"


def _record(tour: Journey, run: str) -> str:
    """Return what the signed record says of how a run was held, as the auditor reads it."""
    statement = json.loads(tour.api.get(AUDITOR, f"/v1/runs/{tour[run]}/record").data["statement"])
    isolation = statement["isolation"]
    met = [f"{one['name']} held by {one['by']}" for one in isolation["limits"] if one["hit"]]
    refused = [f"{count} {kind} refused" for kind, count in statement["refused"].items()]
    return f"record: {statement['outcome']}; {', '.join([*met, *refused]) or 'no limit met'}; namespaces {', '.join(isolation['namespaces'])}"
