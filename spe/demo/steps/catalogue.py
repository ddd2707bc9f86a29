"""Holders announce and deliver their data; everybody may look, and sees small numbers as "<10"."""

from __future__ import annotations

from spe.demo.answers import Answer
from spe.demo.hospitals import Hospital
from spe.demo.journey import APPLICANT, Journey


def catalogue(tour: Journey) -> None:
    """Fill the catalogue: three hospitals, a biobank's table, a set of images."""
    book, biobank = tour.book, "nora.lind"
    book.head("1 Catalogue: what data there are")
    book.together(
        lambda: _by_command(tour, tour.milano),
        *(lambda hospital=hospital: _by_api(tour, hospital) for hospital in tour.materials.hospitals[1:]),
        lambda: _biobank(tour, biobank),
    )
    stranger = {**tour.materials.entries["gbsg2-berlin"], "id": "gbsg2-stolen"}
    book.step(
        "1.6 Milano announces data of Berlin: refused",
        "giulia.conti",
        "10 no_grounds not_own_holder",
        lambda: tour.api.post("giulia.conti", "/v1/datasets", stranger),
    )
    shown = tour.api.get(APPLICANT, "/v1/datasets")
    book.check(
        "1.7 The catalogue as a researcher sees it: counts rounded down",
        APPLICANT,
        "dicom-uppsala <10, gbsg2-berlin 220, gbsg2-madrid 220, gbsg2-milano 220, wdbc-uppsala 560",
        lambda: ", ".join(f"{one['id']} {one['subjects']}" for one in shown.data["items"]),
    )


def directives(tour: Journey) -> None:
    """Import what patients said, with a report for each line that can't be taken."""
    tour.book.head("2 Directives: what patients said")
    tour.book.together(
        lambda: _directives_by_command(tour, tour.milano),
        *(lambda one=one: _directives_by_api(tour, one) for one in tour.materials.hospitals[1:]),
    )


def _by_command(tour: Journey, hospital: Hospital) -> None:
    who, entry = hospital.person, tour.file(f"{hospital.dataset}.yaml")
    rows = tour.file(f"{hospital.dataset}.csv")
    tour.book.step(
        "1.1 Milano announces its block of GBSG2",
        who,
        "0 announced",
        lambda: tour.cli(who, "catalogue", "register", entry),
    )
    tour.book.step(
        "1.2 Milano delivers its rows",
        who,
        "0 available",
        lambda: tour.cli(who, "catalogue", "deliver", hospital.dataset, rows),
    )


def _by_api(tour: Journey, hospital: Hospital) -> None:
    who, entry = hospital.person, tour.materials.entries[hospital.dataset]
    path = f"/v1/datasets/{hospital.dataset}/data"

    def both() -> Answer:
        tour.api.post(who, "/v1/datasets", entry)
        return tour.api.post_csv(who, path, hospital.table())

    tour.book.step(f"1.3 {hospital.city} announces and delivers", who, "0 available", both)


def _biobank(tour: Journey, who: str) -> None:
    entries, rows = tour.materials.entries, tour.materials.path("wdbc-uppsala.csv").read_bytes()

    def table() -> Answer:
        tour.api.post(who, "/v1/datasets", entries["wdbc-uppsala"])
        return tour.api.post_csv(who, "/v1/datasets/wdbc-uppsala/data", rows)

    tour.book.step("1.4 Uppsala delivers WDBC, anonymised, with evidence", who, "0 available", table)
    tour.book.step(
        "1.5 Uppsala announces a DICOM set: entry and header summary only",
        who,
        "0 announced",
        lambda: tour.api.post(who, "/v1/datasets", entries["dicom-uppsala"]),
    )


def _directives_by_command(tour: Journey, hospital: Hospital) -> None:
    file, words = tour.file("directives-milano.csv"), ("directive", "import", "--holder", hospital.id)
    report = tour.book.step(
        "2.1 Milano imports consents, withdrawals and opt-outs",
        hospital.person,
        "0 recorded",
        lambda: tour.cli(hospital.person, *words, file),
    )
    refused = report.data.get("refused", [])
    tour.book.check(
        "2.2 Five lines can't be taken, each with its reason", hospital.person, "5", lambda: str(len(refused))
    )
    tour.book.note("\n".join(f"line {one['line']}: {one['reason']}" for one in refused))


def _directives_by_api(tour: Journey, hospital: Hospital) -> None:
    path = f"/v1/holders/{hospital.id}/directives"
    tour.book.step(
        f"2.3 {hospital.city} imports its patients' directives",
        hospital.person,
        "0 recorded",
        lambda: tour.api.post_csv(hospital.person, path, hospital.directives()),
    )
