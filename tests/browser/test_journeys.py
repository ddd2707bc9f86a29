"""Each role's whole work in a browser, with scripts and without: vote and grant, check, audit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.served import Site
from tests.browser.visits import Visit

COMMITTEE = ("elena.russo", "pieter.devries", "maria.silva")
Visits = Callable[..., Visit]


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def _case(site: Site, scripts: bool) -> str:
    return f"/cases/{site.ids['half' if scripts else 'case']}"


def test_a_committee_declares_votes_blind_and_grants(visits: Visits, site: Site, scripts: bool) -> None:
    path = _case(site, scripts)
    members = [visits(who, scripts=scripts) for who in COMMITTEE]
    chair, pieter, maria = members
    if not scripts:
        for member, kind in ((pieter, "technical"), (maria, "ethics_legal")):
            member.goes(path)
            member.page.get_by_text("Write an opinion").click()
            member.page.select_option("#kind", kind)
            member.page.locator("#favourable-yes").check()
            member.page.fill("#opinion-text", "Sound.")
            member.presses("Give this opinion")
            assert "Your opinion is in the case." in member.reads()
    for member in members:
        member.goes(path)
        assert member.page.get_by_role("button", name="Cast your vote").is_disabled()
        member.page.locator("#conflict-no").check()
        member.presses("Declare")
        assert "Your declaration is in the case." in member.reads()
    for at, member in enumerate(members):
        member.goes(path)
        assert "Only I know" not in member.reads()
        member.page.locator("#favour-yes").check()
        member.page.fill("#rationale", f"Only I know why, {at}.")
        member.presses("Cast your vote")
        assert "Your vote is cast." in member.reads()
    chair.goes(path)
    assert "Only I know why, 1." in chair.reads()
    chair.page.fill("#letter", "Granted: lawful, and the data are few.")
    chair.page.fill("#days", "999")
    chair.presses("Grant")
    assert "999 days can't be granted" in chair.reads()
    assert chair.page.input_value("#letter") == "Granted: lawful, and the data are few."
    chair.page.fill("#days", "30")
    chair.presses("Grant")
    assert "The decision is made." in chair.reads()
    chair.keeps(f"decided-{scripts}")


def test_checkers_see_the_evidence_and_answer_blind(visits: Visits, site: Site, scripts: bool) -> None:
    path = f"/outputs/{site.ids['clean' if scripts else 'stopped']}"
    answer = "Approve" if scripts else "Reject"
    first, second = (visits(who, scripts=scripts) for who in ("claire.dubois", "tomas.novak"))
    for at, checker in enumerate((first, second)):
        checker.goes("/outputs")
        checker.page.locator(f'a[href="{path}"]').click()
        assert "Every figure" in checker.reads()
        assert "claire.dubois" not in checker.reads()
        approve = checker.page.get_by_role("button", name="Approve", exact=True)
        assert approve.is_enabled() is scripts
        checker.page.fill("#note", f"Seen, {at}.")
        checker.presses(answer)
        assert "Your answer is given." in checker.reads()
    second.keeps(f"answered-{scripts}")
    assert ("approved" if scripts else "rejected") in second.reads()


def test_an_auditor_searches_verifies_and_exports(visits: Visits, site: Site, scripts: bool) -> None:
    auditor = visits("ruth.keller", scripts=scripts)
    auditor.page.fill("#q", site.ids["permit"])
    auditor.presses("Search")
    assert "permit.issued" in auditor.reads()
    auditor.page.fill("#type", "output")
    auditor.page.locator("#whole").check()
    auditor.page.get_by_role("button", name="Search").click()
    assert "output.collected" in auditor.reads() or "output." in auditor.reads()
    auditor.presses("Verify now")
    assert "The log is whole" in auditor.reads()
    auditor.goes("/log")
    with auditor.page.expect_download() as download:
        auditor.page.get_by_text("Export the log").click()
    assert download.value.suggested_filename == "log.zip"
