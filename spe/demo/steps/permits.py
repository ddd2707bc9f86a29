"""The permit drives everything: signed, verified offline, suspended and resumed, and a cohort at each site."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from spe.demo.answers import Answer
from spe.demo.journey import APPLICANT, AUDITOR, CHAIR, OPERATOR, Journey


def permits(tour: Journey) -> None:
    """Wait for both permits, verify one offline, flip a byte."""
    book = tour.book
    book.head("5 Permit: a signed statement that anybody can verify")
    book.together(
        lambda: tour.keep("permit", _issued(tour, "5.1 The worker issues and signs the permit", "request")),
        lambda: tour.keep("ehds", _issued(tour, "5.2 And that of the access body", "request-ehds")),
    )
    keys = tour.api.get("", "/v1/keys").data
    tour.ids |= {f"key-{kind}": str(key) for kind, key in keys.items()}
    document, key = tour.materials.path("permit.json"), tour["key-permit"]
    fetched = tour.cli(APPLICANT, "permit", "fetch", tour["permit"], "--out", str(document))
    book.check("5.3 The applicant fetches it", APPLICANT, "0", lambda: str(fetched.code))
    flipped = _flipped(document)
    book.together(
        lambda: book.step(
            "5.4 Anybody verifies it, offline, with the public key alone",
            "anybody",
            "0",
            lambda: _bare(tour.cli("", "permit", "verify", str(document), "--key", key)),
        ),
        lambda: book.step(
            "5.5 One byte flipped",
            "anybody",
            "12",
            lambda: _bare(tour.cli("", "permit", "verify", str(flipped), "--key", key)),
        ),
    )


def suspension(tour: Journey) -> None:
    """Suspend a permit, find that nothing new starts, resume it."""
    path, site = f"/v1/permits/{tour['ehds']}", f"/v1/permits/{tour['ehds']}/sites/{tour.milano.id}"
    tour.api.until(APPLICANT, f"{site}/cohort", lambda one: one["status"] == "current")
    steps = (
        (
            "5.6 A workspace is opened under the access body's permit",
            APPLICANT,
            "0 open",
            f"{site}/workspace/open",
            None,
        ),
        (
            "5.7 An operator suspends that permit, at once",
            OPERATOR,
            "0 suspended",
            f"{path}/suspend",
            "An incident is looked into.",
        ),
    )
    for step, who, expected, where, text in steps:
        body = {"text": text} if text else None
        tour.book.step(step, who, expected, partial(tour.api.post, who, where, body))
    tour.book.step(
        "5.8 Its workspace is halted",
        APPLICANT,
        "0 halted",
        lambda: tour.api.until(APPLICANT, f"{site}/workspace", lambda one: one["status"] == "halted"),
    )
    tour.book.step(
        "5.9 The chair resumes it",
        CHAIR,
        "0 issued",
        lambda: tour.post(CHAIR, f"{path}/resume", text="Nothing was found."),
    )
    tour.book.step(
        "5.10 Its workspace is open again: suspending took nothing away",
        APPLICANT,
        "0 open",
        lambda: tour.api.until(APPLICANT, f"{site}/workspace", lambda one: one["status"] == "open"),
    )


def cohorts(tour: Journey) -> None:
    """Look at a cohort as its holder, as the researcher, as the auditor."""
    path = f"/v1/permits/{tour['permit']}/sites/{tour.milano.id}/cohort"
    tour.book.head("6 Cohorts: whom the directives leave in")
    for hospital in tour.materials.hospitals:
        where = f"/v1/permits/{tour['permit']}/sites/{hospital.id}/cohort"
        tour.book.step(
            f"6.1 The cohort at {hospital.city} is built",
            APPLICANT,
            "0 current",
            partial(tour.api.until, APPLICANT, where, lambda one: one["status"] == "current"),
        )
    gone = len(tour.milano.never_consented) + len(tour.milano.withdrawn) + len(tour.milano.opted_out)
    for number, who, expected in (
        (2, tour.milano.person, str(gone)),
        (3, AUDITOR, str(gone)),
        (4, APPLICANT, "<10"),
    ):
        tour.book.check(
            f"6.{number} How many were left out, as {who} sees it",
            who,
            expected,
            partial(_left_out, tour, who, path),
        )
    other = f"/v1/permits/{tour['ehds']}/sites/{tour.milano.id}/cohort"
    tour.book.check(
        "6.5 By EHDS rules only those who opted out are left out",
        tour.milano.person,
        str(len(tour.milano.opted_out)),
        lambda: str(tour.api.get(tour.milano.person, other).data.get("excluded")),
    )


def _left_out(tour: Journey, who: str, path: str) -> str:
    return str(tour.api.get(who, path).data.get("excluded"))


def _issued(tour: Journey, step: str, request: str) -> Answer:
    path = f"/v1/requests/{tour[request]}/permit"
    return tour.book.step(
        step, "the worker", "0 issued", lambda: tour.api.until(APPLICANT, path, lambda _: True)
    )


def _flipped(document: Path) -> Path:
    copy = document.with_name("permit-flipped.json")
    data = bytearray(document.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(bytes(data))
    copy.with_name("permit-flipped.json.sig").write_bytes(document.with_name("permit.json.sig").read_bytes())
    return copy


def _bare(answer: Answer) -> Answer:
    """Return the exit code alone: a statement's own fields are no status."""
    return Answer(answer.code, {"detail": answer.data.get("detail", "")}, answer.text)
