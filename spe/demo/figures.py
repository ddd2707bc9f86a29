"""`make figures`: an approved analysis in the sandbox, and every published figure beside its expected value.

GBSG2 whole at one holder is an artificial pooling (at real sites encrypted sums take its place), and nobody of its
patients said anything: no directive is imported. Association, not effect: therapy was not fully randomised.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Mapping
from functools import partial
from typing import Any

from spe.demo.answers import Answer
from spe.demo.book import Book
from spe.demo.call import Api, Cli
from spe.demo.home import ROOT, Home
from spe.demo.journey import APPLICANT, APPROVERS, CHECKERS, Journey
from spe.demo.materials import write_figures_materials
from spe.demo.people import Personas
from spe.demo.published import EXPECTED, Figures
from spe.demo.steps.outputs import pass_output
from spe.demo.steps.requests import decide_ehds
from spe.errors import SpeError

FOLDER = ROOT / "var" / "figures"
_OUTPUTS = 6
_RELEASED = ("merged", "by_therapy", "figures")


def main() -> int:
    """Reproduce the figures; return 0 only if every one is as expected."""
    home, book = Home(FOLDER), Book()
    try:
        book.head("A fresh installation in var/figures")
        home.start()
        materials = write_figures_materials(home.folder / "materials")
        people = Personas(home.url, home.secret_file)
        api, cli = Api(home.url, people), Cli(home.spe, home.environment, people)
        tour = Journey(api, cli, book, home, materials)
        _grant(tour)
        _approve(tour)
        _run(tour)
        found = _read(tour)
    except SpeError as error:
        sys.stdout.write(f"\nThis ended early: {error}\n{home.log('worker')}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    finally:
        home.stop()
    wrong = _compare(found)
    return 1 if wrong or book.failed() else 0


def _grant(tour: Journey) -> None:
    tour.book.head("Data, request, decision, permit")
    for one in tour.materials.hospitals:
        tour.api.post(one.person, "/v1/datasets", tour.materials.entries[one.dataset])
        tour.api.post_csv(one.person, f"/v1/datasets/{one.dataset}/data", one.table())
    submitted = tour.cli(APPLICANT, "request", "submit", tour.file("request.yaml"))
    tour.book.step("A request for all variables", APPLICANT, "0 submitted", lambda: submitted)
    decide_ehds(tour, "It is decided:", submitted.id)
    path = f"/v1/requests/{submitted.id}/permit"
    tour.book.step(
        "A permit is issued",
        "the worker",
        "0 issued",
        lambda: tour.keep("permit", tour.api.until(APPLICANT, path, lambda _: True)),
    )


def _approve(tour: Journey) -> None:
    for name in ("survival", "steps"):
        words = ("code", "register", tour.file(name), "--permit", tour["permit"])
        tour.book.step(
            f"The project `{name}` is registered",
            APPLICANT,
            "0 registered",
            partial(_kept, tour, name, words),
        )
        path = f"/v1/codes/{tour[name]}"
        digest = str(tour.api.get(APPROVERS[0], path).data["digest"])
        for approver in APPROVERS:
            tour.post(approver, f"{path}/approve", digest=digest)
        tour.book.step(
            "Two approve it, the worker seals it",
            "the worker",
            "0 approved",
            partial(tour.api.until, APPLICANT, path, lambda one: one["status"] == "approved"),
        )


def _kept(tour: Journey, name: str, words: tuple[str, ...]) -> Answer:
    return tour.keep(name, tour.cli(APPLICANT, *words))


def _run(tour: Journey) -> None:
    tour.book.head("Runs in the sandbox: the pooled rows, and each block")
    for one in tour.materials.hospitals:
        path = f"/v1/permits/{tour['permit']}/sites/{one.id}"
        tour.api.until(APPLICANT, f"{path}/cohort", lambda cohort: cohort["status"] == "current")
        tour.api.post(APPLICANT, f"{path}/workspace/open")
        tour.keep(one.id, tour.start("permit", one.id, "survival", "real"))
    tour.keep("daily", tour.start("permit", tour.materials.hospitals[0].id, "steps", "real"))
    for one in tour.materials.hospitals:
        tour.book.step(
            f"The analysis at {one.city}", APPLICANT, "0 finished", partial(tour.ended, one.id, 120)
        )


def _read(tour: Journey) -> Figures:
    """Release what can pass, and read as a checker what must be stopped."""
    tour.book.head("Checks, two checkers, release")
    pooled, *blocks = tour.materials.hospitals
    outputs = {**tour.outputs(pooled.id, _OUTPUTS), **tour.outputs("daily", 1)}
    fixed = tour.api.post(APPLICANT, f"/v1/outputs/{outputs['by_grade_and_therapy']['id']}/fix")
    merged = tour.api.until(APPLICANT, f"/v1/outputs/{fixed.id}", lambda one: one["status"] != "collected")
    outputs["merged"] = merged.data
    ids = {name: str(outputs[name]["id"]) for name in _RELEASED}
    ids["yearly"] = str(outputs["yearly"]["id"])
    for name, output in ids.items():
        tour.book.step(
            f"Two checkers approve `{name}`",
            ", ".join(CHECKERS),
            "0 approved",
            partial(pass_output, tour, output),
        )
    released = _released(tour, pooled.id, tuple(ids[name] for name in _RELEASED))
    later = _asked(tour, pooled.id, (ids["yearly"],))
    grades = _rows(tour, str(outputs["by_grade"]["id"]))
    sites = [tour.outputs(one.id, _OUTPUTS)["by_grade_and_therapy"] for one in blocks]
    return Figures(
        files=released,
        by_grade=grades,
        yearly=_rows(tour, ids["yearly"]),
        later=f"{later.data['status']}: {', '.join(later.reasons)}",
        stopped={name: _stops(_explained(tour, one)) for name, one in outputs.items()},
        status={name: str(one["status"]) for name, one in outputs.items()},
        sites=tuple((_stops(one), _rows(tour, str(one["id"])), bool(one["needs_pooling"])) for one in sites),
    )


def _released(tour: Journey, site: str, outputs: tuple[str, ...]) -> Mapping[str, str]:
    made = tour.book.step(
        "They are released together", APPLICANT, "0 released", partial(_asked, tour, site, outputs)
    )
    if made.said != "0 released":
        return {}
    zipped = tour.api.content(APPLICANT, f"/v1/releases/{made.id}/content")
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def _asked(tour: Journey, site: str, outputs: tuple[str, ...]) -> Answer:
    body = {"permit": tour["permit"], "site": site, "outputs": outputs}
    asked = tour.api.post(APPLICANT, "/v1/releases", body)
    return asked if asked.code else tour.api.until(APPLICANT, f"/v1/releases/{asked.id}", _made, 60)


def _made(release: Mapping[str, Any]) -> bool:
    return release["status"] not in {"pending", "held"}


def _rows(tour: Journey, output: str) -> tuple[Mapping[str, str], ...]:
    text = tour.api.content(CHECKERS[0], f"/v1/outputs/{output}/content").decode()
    return tuple(csv.DictReader(io.StringIO(text)))


def _explained(tour: Journey, output: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only checkers read by which rule a cell is stopped."""
    return tour.api.get(CHECKERS[0], f"/v1/outputs/{output['id']}").data


def _stops(output: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple(one for one in output["findings"] if one["severity"] == "stop")


def _compare(found: Figures) -> int:
    """Print each figure beside its expected value; return how many differ."""
    width = max(len(name) for name, _, _ in EXPECTED)
    sys.stdout.write("\n")
    return sum(_line(name, width, expected, _value(found, read)) for name, expected, read in EXPECTED)


def _value(found: Figures, read: Any) -> str:
    try:
        return str(read(found))
    except (KeyError, IndexError, json.JSONDecodeError) as missing:
        return f"not there ({type(missing).__name__})"


def _line(name: str, width: int, expected: str, got: str) -> int:
    well = expected == got
    sys.stdout.write(
        f"  {'✔' if well else '✘'} {name:{width}}  {got}{'' if well else f'   expected {expected}'}\n"
    )
    return not well
