"""The pages as somebody hostile meets them: scripts in what is stored, forms from elsewhere, what is others' to see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsing import SAME, Browser, Page
from tests.builders import GRADE_TABLE, MILANO, THERAPY_TABLE, application, patients, project
from tests.cast import Cast
from tests.world import World, open_world

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1); '",
    "{{ 7 * 7 }}{% raw %}",
    "</title></textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
)
TEXT = " ".join(HOSTILE)
LIVE = re.compile(r"<script>alert|<img|<svg|onerror=alert(?!\(1\)&gt;)|\b49\b")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("portal") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)


@pytest.fixture(scope="module")
def case(cast: Cast) -> str:
    """A hostile applicant's request."""
    tables = cast.given_data(patients())
    said = dict.fromkeys(
        (
            "title",
            "lay_summary",
            "purpose_detail",
            "pseudonymised_why",
            "safeguards",
            "ethics_reference",
            "publication",
        ),
        TEXT,
    )
    wanted = [
        {
            "dataset": tables[0].id,
            "variables": [
                {"name": "horTh", "why": TEXT},
                {"name": "tgrade", "why": "w"},
                {"name": "cens", "why": "w"},
                {"name": "time", "why": "w"},
            ],
        }
    ]
    return cast.researcher.submits(application(*tables, **said, datasets=wanted))


@pytest.fixture
def fresh(cast: Cast, case: str) -> str:
    """A case in which nobody has said anything."""
    return cast.researcher.submits(application(patients()))


@pytest.fixture(scope="module")
def outputs(cast: Cast, case: str) -> dict[str, str]:
    """A hostile data user's outputs, brought to the checkers."""
    permit = cast.committee.grants(case)
    cast.researcher.opens(permit, MILANO)
    code = cast.given_code(permit, project(THERAPY_TABLE, GRADE_TABLE))
    found = {name: one["id"] for name, one in cast.given_run(permit, code).items()}
    cast.researcher.brings(found["therapy"], TEXT)
    cast.researcher.brings(found["grade"], TEXT)
    return found


def browser_of(world: World, who: str) -> Browser:
    browser = Browser(world.http)
    page = browser.signs_in(who, (world.home / "persona-secret").read_text().strip())
    assert page.status == 200
    return browser


def dead(page: Page) -> None:
    """Expect a hostile text to be there, and dead."""
    assert "alert(1)" in page.text
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.html, re.DOTALL)
    assert len(scripts) == 2
    assert all("nonce=" in attributes and "alert" not in body for attributes, body in scripts)
    assert LIVE.search(page.html) is None
    assert "{{ 7 * 7 }}" in page.text


def test_xss_stored_text_of_an_applicant_is_dead_on_the_committees_pages(world: World, case: str) -> None:
    browser = browser_of(world, "elena.russo")
    dead(browser.get(f"/cases/{case}"))


def test_xss_what_people_say_is_dead_wherever_it_is_read(world: World, case: str) -> None:
    member = browser_of(world, "pieter.devries")
    page = member.send(
        member.get(f"/cases/{case}"), f"/cases/{case}/opinion", kind="technical", favourable="yes", text=TEXT
    )
    dead(page)


def test_xss_what_is_typed_comes_back_dead_after_an_error(world: World, case: str) -> None:
    browser = browser_of(world, "maria.silva")
    page = browser.get(f"/cases/{case}")
    answer = browser.send(page, f"/cases/{case}/declaration", text=TEXT, conflict=TEXT)
    assert answer.status == 400
    dead(answer)


@pytest.mark.parametrize("path", ["/log?about={}", "/log?since={}", "/search?q={}", "/sign-in?as={}&next={}"])
def test_xss_what_is_in_an_address_is_dead(world: World, path: str) -> None:
    from urllib.parse import quote

    for who in ("ruth.keller", "anna.ricci"):
        page = browser_of(world, who).get(path.replace("{}", quote(TEXT[:150], safe="")))
        assert LIVE.search(page.html) is None
        assert "<script>alert" not in page.html


def test_xss_what_a_data_user_wrote_is_dead_on_the_checkers_pages(
    world: World, outputs: dict[str, str]
) -> None:
    dead(browser_of(world, "claire.dubois").get(f"/outputs/{outputs['therapy']}"))


def test_untrusted_bytes_are_shown_as_dead_text_in_a_sandbox(world: World, outputs: dict[str, str]) -> None:
    answer = browser_of(world, "claire.dubois").get(f"/outputs/{outputs['therapy']}/content")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


FOREIGN: tuple[dict[str, str], ...] = (
    {"Accept": "text/html"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8400"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_csrf_a_form_of_another_site_does_nothing(world: World, fresh: str, headers: dict[str, str]) -> None:
    browser = browser_of(world, "elena.russo")
    page = browser.get(f"/cases/{fresh}")
    fields = {**page.form(f"/cases/{fresh}/declaration").fields, "conflict": "no"}
    answer = browser.post(f"/cases/{fresh}/declaration", fields, **headers)
    assert (answer.status, "not sent by a page of ours" in answer.text) == (403, True)
    secret = (world.home / "persona-secret").read_text().strip()
    for path in ("/sign-in", "/sign-in/again", "/sign-out", "/log/verify"):
        refused = browser.post(path, {**fields, "persona": "ruth.keller", "secret": secret}, **headers)
        assert (refused.status, refused.headers.get("set-cookie")) == (403, None)
    assert "Nobody has declared yet" in browser.get(f"/cases/{fresh}").text


@pytest.mark.parametrize("token", ["", "x", "theirs"])
def test_csrf_a_form_without_this_sign_ins_token_does_nothing(world: World, fresh: str, token: str) -> None:
    browser, other = browser_of(world, "elena.russo"), browser_of(world, "elena.russo")
    path = f"/cases/{fresh}/declaration"
    theirs = other.get(f"/cases/{fresh}").form(path).fields["form"]
    fields = {**browser.get(f"/cases/{fresh}").form(path).fields, "conflict": "no"}
    answer = browser.post(path, {**fields, "form": theirs if token == "theirs" else token})
    assert answer.status == 403
    assert "Nobody has declared yet" in browser.get(f"/cases/{fresh}").text


def test_csrf_nothing_is_done_by_an_address(world: World, fresh: str) -> None:
    browser = browser_of(world, "elena.russo")
    for path in (
        f"/cases/{fresh}/declaration?conflict=no",
        f"/cases/{fresh}/vote",
        "/log/verify",
        "/sign-out",
    ):
        assert browser.get(path).status == 405


def test_clickjacking_no_answer_of_the_portal_is_framed(
    world: World, case: str, outputs: dict[str, str]
) -> None:
    browser = browser_of(world, "elena.russo")
    checker = browser_of(world, "claire.dubois")
    answers = [browser.get(path) for path in ("/", f"/cases/{case}", "/sign-in", "/nowhere", "/components")]
    answers.append(checker.get(f"/outputs/{outputs['therapy']}/content"))
    for answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"


STRANGERS = (
    "anna.ricci",
    "jonas.weber",
    "luca.ferrari",
    "giulia.conti",
    "mikko.virtanen",
    "oscar.berg",
    "ruth.keller",
)


@pytest.mark.parametrize("who", STRANGERS)
def test_idor_what_is_others_reads_as_what_is_not_there(
    world: World, case: str, outputs: dict[str, str], who: str
) -> None:
    browser = browser_of(world, who)
    paths = [f"/cases/{case}", f"/cases/{case}/nothing"]
    paths += [f"/outputs/{id_}{end}" for id_ in outputs.values() for end in ("/content",)]
    paths = [path for path in paths if who != "ruth.keller"]
    for path in paths:
        answer = browser.get(path)
        assert answer.status == 404, path
        assert (
            browser.get("/cases/req-00000000000000000000").text.split("give them")[0]
            == (answer.text.split("give them")[0])
        )


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("act", ["opinion", "declaration", "vote", "decision"])
def test_idor_nobody_else_acts_in_a_case(world: World, fresh: str, who: str, act: str) -> None:
    browser = browser_of(world, who)
    fields = dict(browser.get("/").form("/sign-out").fields)
    typed = {
        "opinion": {"kind": "technical", "favourable": "no", "text": "x"},
        "declaration": {"conflict": "no", "text": "x"},
        "vote": {"favour": "yes", "rationale": "x"},
        "decision": {"grant": "yes", "days": "1", "letter": "x"},
    }
    answer = browser.post(f"/cases/{fresh}/{act}", {**fields, **typed[act]})
    assert answer.status == (403 if who == "ruth.keller" else 404)
    seen = browser_of(world, "elena.russo").get(f"/cases/{fresh}").text
    assert "Nobody has declared yet" in seen
    assert "There is no opinion yet" in seen


def test_a_blind_answer_is_not_in_the_page_of_the_other_checker(
    world: World, outputs: dict[str, str]
) -> None:
    first, second = browser_of(world, "claire.dubois"), browser_of(world, "tomas.novak")
    path = f"/outputs/{outputs['grade']}"
    page = first.send(first.get(path), f"{path}/review", answer="reject", note="Too few people, I say.")
    assert "Your answer is given." in page.text
    for seen in (second.get(path), second.get("/outputs"), second.get("/")):
        assert "claire.dubois" not in seen.html
        assert "Too few people" not in seen.html


def test_a_blind_vote_is_not_in_the_page_of_another_member(world: World, cast: Cast) -> None:
    case = cast.researcher.submits(application(patients()))
    path = f"/cases/{case}"
    first, second = browser_of(world, "pieter.devries"), browser_of(world, "maria.silva")
    first.send(first.get(path), f"{path}/declaration", conflict="no")
    page = first.send(first.get(path), f"{path}/vote", favour="no", rationale="A word that only I would say.")
    assert "Your vote is cast" in page.text
    html = second.get(path).html
    assert "only I would say" not in html
    assert "1 vote of another member is cast and hidden" in html


def test_a_page_holds_no_key_no_secret_and_no_token_of_another(world: World, case: str) -> None:
    secret = (world.home / "persona-secret").read_text().strip()
    browser, other = browser_of(world, "elena.russo"), browser_of(world, "pieter.devries")
    page = browser.get(f"/cases/{case}")
    assert secret not in page.html
    assert not set(other.cookies.values()) & set(re.findall(r'"([^"]{20,})"', page.html))
    assert str(Path(world.home)) not in page.html


def test_a_form_that_is_sent_twice_is_done_once(world: World, cast: Cast) -> None:
    case = cast.researcher.submits(application(patients()))
    browser = browser_of(world, "pieter.devries")
    path = f"/cases/{case}/opinion"
    fields = {
        **browser.get(f"/cases/{case}").form(path).fields,
        "kind": "technical",
        "favourable": "yes",
        "text": "Sound, and said once.",
    }
    assert [browser.post(path, fields, **SAME).status for _ in range(3)] == [303] * 3
    assert browser.get(f"/cases/{case}").text.count("Sound, and said once.") == 1


def test_what_was_typed_survives_being_signed_out(world: World, cast: Cast) -> None:
    case = cast.researcher.submits(application(patients()))
    browser = browser_of(world, "pieter.devries")
    path = f"/cases/{case}/opinion"
    fields = {
        **browser.get(f"/cases/{case}").form(path).fields,
        "kind": "technical",
        "favourable": "yes",
        "text": "Long thought.",
    }
    browser.cookies.pop("__Host-spe-session")
    page = browser.post(path, fields, **SAME)
    assert page.status == 401
    page = browser.post("/sign-in/again", page.form("/sign-in/again").fields, **SAME)
    page = browser.post("/sign-in", {**page.form("/sign-in").fields, "persona": "pieter.devries"}, **SAME)
    assert "Long thought." in page.text
    page = browser.send(page, path)
    assert "Your opinion is in the case" in page.text
    assert "Long thought." in page.text
