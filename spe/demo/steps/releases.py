"""What leaves is exactly what was checked, and no two releases differ by a few people."""

from __future__ import annotations

import io
import zipfile

from spe.demo.answers import Answer
from spe.demo.hospitals import Hospital
from spe.demo.journey import APPLICANT, Journey


def releases(tour: Journey) -> None:
    """Release Milano's table; stop a swapped byte, and a release that differs by a few people."""
    milano, berlin, _ = tour.materials.hospitals
    book, output = tour.book, tour[f"out-{milano.id}"]
    tour.keep("release", tour.cli(APPLICANT, "release", "ask", tour["permit"], milano.id, output))
    book.step(
        "11.11 Milano's table is released",
        APPLICANT,
        "0 released",
        lambda: tour.cli(APPLICANT, "release", "wait", tour["release"]),
    )
    zipped = tour.materials.path("release.zip")
    got = tour.cli(APPLICANT, "release", "get", tour["release"], "--out", str(zipped))
    book.check("11.12 The researcher fetches it", APPLICANT, "0", lambda: str(got.code))
    book.check(
        "11.13 What is in it",
        APPLICANT,
        "by-therapy.csv, data-dictionary.csv, methods.json, release.json, release.sig",
        lambda: ", ".join(sorted(zipfile.ZipFile(zipped).namelist())),
    )
    book.note(zipfile.ZipFile(zipped).read("by-therapy.csv").decode())
    book.together(
        lambda: _verify(tour, "11.14 Anybody verifies it, offline", "0", str(zipped)),
        lambda: _verify(tour, "11.15 With one byte of a table changed", "12", _changed(tour)),
        lambda: _swapped(tour, berlin),
        lambda: _differs(tour),
    )


def _swapped(tour: Journey, berlin: Hospital) -> None:
    output = tour[f"out-{berlin.id}"]
    with tour.home.tampered(f"output/{output}"):
        asked = tour.cli(APPLICANT, "release", "ask", tour["permit"], berlin.id, output)
        tour.book.step(
            "11.16 A byte swapped on disk between check and release: stopped",
            APPLICANT,
            "12 bytes_not_approved",
            lambda: tour.cli(APPLICANT, "release", "wait", asked.id),
        )


def _differs(tour: Journey) -> None:
    asked = tour.cli(APPLICANT, "release", "ask", tour["ehds"], tour.milano.id, tour["out-ehds"])
    tour.book.step(
        "11.17 The same table of a few more people, under the other permit: stopped",
        APPLICANT,
        "11 differs_by_few",
        lambda: tour.cli(APPLICANT, "release", "wait", asked.id),
    )


def _verify(tour: Journey, step: str, expected: str, file: str) -> None:
    def act() -> Answer:
        answer = tour.cli("", "release", "verify", file, "--key", tour["key-release"])
        return Answer(answer.code, {"detail": answer.text[-300:]})

    tour.book.step(step, "anybody", expected, act)


def _changed(tour: Journey) -> str:
    source, target = tour.materials.path("release.zip"), tour.materials.path("release-changed.zip")
    buffer = io.BytesIO()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(buffer, "w") as other:
        for name in archive.namelist():
            data = archive.read(name)
            other.writestr(name, data.replace(b"1", b"2", 1) if name == "by-therapy.csv" else data)
    target.write_bytes(buffer.getvalue())
    return str(target)
