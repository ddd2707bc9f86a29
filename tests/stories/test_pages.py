"""A committee, checkers and an auditor do their whole work on pages, without a script and without the command line.

Who may not vote yet reads why beside the button that is dead; who may not see a vote does not find it in the page. The letter is
written and the permit follows; the machine's findings are on the checker's page, and two answer blind. In the end the auditor
finds every step, and the log verifies at the press of a button.
"""

from __future__ import annotations

import pytest

from tests.browsing import Browser, Page
from tests.builders import GRADE_TABLE, MILANO, THERAPY_TABLE, Table, application, patients, project
from tests.cast import Cast
from tests.voices import ordered
from tests.world import World

STORY = (
    "identity.signed_in",
    "record.read",
    "decision.opinion",
    "decision.declared",
    "decision.voted",
    "decision.granted",
    "permit.issued",
    "output.submitted",
    "output.reviewed",
    "output.reviewed",
    "audit.read",
)


class People:
    """Everybody's browser."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._browsers: dict[str, Browser] = {}

    def __getitem__(self, who: str) -> Browser:
        if who not in self._browsers:
            self._browsers[who] = Browser(self._world.http)
            secret = (self._world.home / "persona-secret").read_text().strip()
            assert self._browsers[who].signs_in(who, secret).status == 200
        return self._browsers[who]


@pytest.fixture(scope="module")
def people(world: World) -> People:
    return People(world)


@pytest.fixture(scope="module")
def table(cast: Cast) -> Table:
    return cast.given_data(patients())[0]


@pytest.fixture(scope="module")
def case(cast: Cast, table: Table) -> str:
    return cast.researcher.submits(application(table))


@pytest.fixture(scope="module")
def permit(cast: Cast, people: People, case: str) -> str:
    """The committee decides on pages alone."""
    chair, pieter, maria = people["elena.russo"], people["pieter.devries"], people["maria.silva"]
    where = f"/cases/{case}"

    def sends(browser: Browser, act: str, **typed: str) -> Page:
        return browser.send(browser.get(where), f"{where}/{act}", **typed)

    assert "declare whether you have a conflict" in chair.get("/").text
    page = chair.get(where)
    assert "You have not declared whether you have a conflict of interest." in page.text
    assert [form.action for form in page.forms if form.action.startswith(where)] == [
        f"{where}/opinion",
        f"{where}/declaration",
    ]
    for browser, kind in ((pieter, "technical"), (maria, "ethics_legal")):
        assert "Your opinion" in sends(browser, "opinion", kind=kind, favourable="yes", text="Sound.").text
    for browser in (chair, pieter, maria):
        assert "Your declaration" in sends(browser, "declaration", conflict="no").text
    assert "Your vote is cast" in sends(pieter, "vote", favour="yes", rationale="Only I know why.").text
    assert "Only I know why" not in chair.get(where).html
    early = sends(chair, "vote", favour="yes", rationale="More use than risk.")
    assert "2 members of 2 organisations have voted; 3 of 2 are needed." in early.text
    assert f"{where}/decision" not in {form.action for form in early.forms}
    sends(maria, "vote", favour="yes", rationale="It helps patients.")
    assert "Only I know why" in chair.get(where).text
    refused = sends(chair, "decision", grant="yes", letter="", days="500")
    assert refused.status == 403
    assert "500 days can't be granted where 90 were asked for." in refused.text
    assert refused.form(f"{where}/decision").fields["days"] == "500"
    granted = sends(
        chair, "decision", grant="yes", letter="Granted: lawful, and the data are few.", days="30"
    )
    assert "The decision is made." in granted.text
    return str(cast.world.until(lambda: cast.committee._permit(case)))


@pytest.fixture(scope="module")
def outputs(cast: Cast, permit: str) -> dict[str, str]:
    cast.world.tick()
    cast.researcher.opens(permit, MILANO)
    code = cast.given_code(permit, project(THERAPY_TABLE, GRADE_TABLE))
    found = {name: one["id"] for name, one in cast.given_run(permit, code).items()}
    cast.researcher.brings(found["therapy"])
    cast.researcher.brings(found["grade"], "Few cells; nobody is known.")
    return found


def test_two_checkers_answer_blind_for_the_bytes_that_they_saw(
    people: People, outputs: dict[str, str]
) -> None:
    first, second = people["claire.dubois"], people["tomas.novak"]
    queue = first.get("/outputs")
    assert "findings stop it" in queue.text
    where = f"/outputs/{outputs['therapy']}"
    seen = first.get(where)
    assert "The machine found nothing" in seen.text
    shown = first.send(seen, f"{where}/review", answer="approve")
    assert "Your answer is given." in shown.text
    assert "claire.dubois" not in second.get(where).html
    wrong = second.send(second.get(where), f"{where}/review", answer="approve", sha256="0" * 64)
    assert (wrong.status, "bytes are not those that you have seen" in wrong.text) == (403, True)
    done = second.send(second.get(where), f"{where}/review", answer="approve")
    assert "approved" in done.text


def test_what_the_machine_stopped_has_a_dead_button_that_says_why(
    people: People, outputs: dict[str, str]
) -> None:
    first = people["claire.dubois"]
    where = f"/outputs/{outputs['grade']}"
    page = first.get(where)
    approve = next(one for one in page.form(f"{where}/review").buttons if one["value"] == "approve")
    assert "disabled" in approve
    assert "The machine has stopped this output: below_threshold." in page.text
    refused = first.send(page, f"{where}/review", answer="approve", note="I would like to.")
    assert refused.status == 403
    assert "The machine has stopped this output: below_threshold." in refused.text
    assert refused.form(f"{where}/review").fields["note"] == "I would like to."
    first.language = "it"
    assert "La macchina ha fermato questo risultato" in first.get(where).text
    first.language = "en"


def test_the_auditor_finds_every_step_and_verifies_it(
    cast: Cast, people: People, outputs: dict[str, str]
) -> None:
    auditor = people["ruth.keller"]
    told = [entry["type"] for entry in cast.auditor.timeline()]
    assert ordered(STORY, [*told, "audit.read"])
    found = auditor.get(f"/log?about={outputs['therapy']}")
    assert "output.reviewed" in found.text
    assert auditor.get("/log?since=yesterday").status == 400
    cast.world.tick()
    verified = auditor.send(auditor.get("/log"), "/log/verify")
    assert "The log is whole" in verified.text
    assert auditor.get("/log/export").content.startswith(b"PK")
    assert "tlog-proof" in auditor.get("/log/proof?index=0").headers["content-disposition"]
    looked = [entry for entry in cast.auditor.timeline() if entry["type"] == "audit.read"]
    assert {entry["data"]["view"] for entry in looked} >= {"timeline", "export"}


def test_a_changed_log_is_told_by_its_first_bad_entry(
    cast: Cast, people: People, outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from spe.audit.verify import BadLog
    from spe.oversight import service

    def broken(*_: object) -> None:
        raise BadLog("its hash is not the one that was signed", 3, 4)

    monkeypatch.setattr(service, "verify_export", broken)
    auditor = people["ruth.keller"]
    cast.world.tick()
    answer = auditor.send(auditor.get("/log"), "/log/verify")
    assert "The log is not what was signed" in answer.text
    assert "first bad entry 3" in answer.text
