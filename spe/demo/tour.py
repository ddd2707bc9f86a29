"""`make demo` and `make demo-check`: the whole job on real data, a receipt for every step."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator

from spe.demo.book import Book
from spe.demo.call import Api, Cli
from spe.demo.home import ROOT, Home
from spe.demo.journey import APPLICANT, AUDITOR, CHAIR, CHECKERS, Journey
from spe.demo.materials import write_materials
from spe.demo.people import Personas
from spe.demo.steps import audit, catalogue, code, outputs, permits, releases, requests, subjects
from spe.errors import SpeError

FOLDER = ROOT / "var" / "demo"
_WELCOME = """
Real data (GBSG2, WDBC, DICOM files of registry packages), made-up people. Ends of real runs are told to the second
here (SPE_ROUND_SECONDS=1); the default is a minute. GBSG2 is one trial: its split by hospital is artificial.
"""


def main(*, check: bool) -> int:
    """Walk through the tour; with `check` end there, else go on serving until Ctrl-C. Return the exit code."""
    home, book = Home(FOLDER), Book()
    try:
        _say(_WELCOME.strip())
        book.head("0 A fresh installation in var/demo: server and worker")
        home.start()
        tour = journey(home, book)
        try:
            walk(tour)
        finally:
            book.write(FOLDER / "report.json")
        _sum_up(book)
        if not check:
            _serve(tour)
    except (SpeError, LookupError, OSError, ValueError) as error:
        # What a step builds on may be missing when an earlier one went wrong.
        told = "".join(f"\n  {one.step}: {one.got}, not {one.expected}" for one in book.failed())
        _say(f"\nThe tour ended early: {error!r}{told}\n{home.log('serve')}\n{home.log('worker')}")
        return error.exit_code if isinstance(error, SpeError) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        home.stop()
    return 1 if book.failed() else 0


def walk(tour: Journey) -> None:
    """Do every step, in the order of the stages; what does not depend on each other goes side by side."""
    together = tour.book.together
    catalogue.catalogue(tour)
    catalogue.directives(tour)
    requests.requests(tour)
    requests.decisions(tour)
    permits.permits(tour)
    together(lambda: permits.cohorts(tour), lambda: permits.suspension(tour))
    code.registration(tour)
    together(lambda: code.twins(tour), lambda: code.approvals(tour))
    code.workspaces(tour)
    outputs.start_runs(tour)
    together(lambda: outputs.runs(tour), lambda: code.hostile(tour))
    code.changed_code(tour)
    outputs.checks(tour)
    outputs.reviews(tour)
    releases.releases(tour)
    subjects.withdrawal(tour)
    subjects.opt_out(tour)
    subjects.revocation(tour)
    audit.audit(tour)


def journey(home: Home, book: Book) -> Journey:
    """Return the tour of personas over a home that was started, its receipts going into `book`."""
    people = Personas(home.url, home.secret_file)
    api, cli = Api(home.url, people), Cli(home.spe, home.environment, people)
    return Journey(api, cli, book, home, write_materials(home.folder / "materials"))


def _sum_up(book: Book) -> None:
    failed = book.failed()
    _say(
        f"\n{len(book.receipts)} steps in {book.seconds():.0f} s, {len(failed)} not as expected. Report: var/demo/report.json"
    )
    for one in failed:
        _say(f"  {one.step}: {one.got}, not {one.expected}")


def _serve(tour: Journey) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    # So that a case waits for whoever opens the committee's page.
    tour.cli(APPLICANT, "request", "submit", tour.file("request.yaml"))
    _say(
        f"\nThe API serves on {tour.home.url} until Ctrl-C. Look around from another terminal:\n"
        f"  export SPE_URL={tour.home.url} SPE_HOME={tour.home.home}\n"
        f"  {tour.home.spe} catalogue list --as anna.ricci\n"
        f"  {tour.home.spe} permit show {tour['ehds']} --as anna.ricci\n"
        f"  {tour.home.spe} audit timeline {tour['permit']} --as ruth.keller\n"
        f"What people brought is in {tour.materials.folder}; the API's own description at {tour.home.url}/openapi.json\n"
        "\nPages, one link per role; each holds the secret of this start, so it is for you alone:\n"
        + "".join(f"  {role:15} {link}\n" for role, link in links(tour.home))
    )
    ended.wait()


def links(home: Home) -> Iterator[tuple[str, str]]:
    """Yield the roles that have pages, each with the link by which somebody of it is let in."""
    secret = home.secret_file.read_text().strip()
    for role, who in (("committee", CHAIR), ("output checker", CHECKERS[0]), ("auditor", AUDITOR)):
        yield role, f"{home.url}/sign-in?as={who}&secret={secret}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
