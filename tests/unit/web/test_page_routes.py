from __future__ import annotations

import re

import pytest

from spe.audit.events.call import CallAnswered, SignedIn
from spe.audit.events.record import RecordSeen
from spe.web.app import page_routes
from spe.web.leaves import declared, is_counted
from spe.web.openapi import dependencies, is_signed_in
from spe.web.portal.forms import PageRoute, Sender
from spe.web.sessions import COOKIE, IDLE, LONGEST
from tests.browsing import SAME, Browser
from tests.unit.web.served import SECRET, World

FOR_ANYBODY = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/again"),
    ("GET", "/language/{language}"),
    ("GET", "/assets/{version}/{name}"),
    ("GET", "/components"),
}
WORLD = World(with_pages=True)
ROUTES = [(method, route) for route in page_routes(WORLD.app) for method in sorted(route.methods or ())]
SIGNED_IN = [one for one in ROUTES if is_signed_in(one[1])]


def named(one: object) -> str:
    return f"{one[0]} {one[1].path}" if isinstance(one, tuple) else str(one)


def filled(route: PageRoute) -> str:
    return re.sub(r"\{[^}]+\}", "some-thing", route.path)


def entered(world: World, who: str = "ruth.keller") -> Browser:
    browser = Browser(world.client)
    browser.signs_in(who, SECRET)
    return browser


def test_the_pages_for_anybody_are_a_closed_list() -> None:
    assert {(method, route.path) for method, route in ROUTES if not is_signed_in(route)} == FOR_ANYBODY


def test_every_page_says_what_it_leaves_and_only_those_for_anybody_are_counted() -> None:
    assert [named(one) for one in ROUTES if not declared(one[1])] == []
    assert {(method, route.path) for method, route in ROUTES if is_counted(route)} == FOR_ANYBODY


def test_every_form_of_somebody_who_signed_in_proves_that_it_is_ours() -> None:
    posts = [one for one in SIGNED_IN if one[0] == "POST"]
    assert posts
    assert [named(one) for one in posts if Sender not in dependencies(one[1].dependant)] == []
    assert {one[0] for one in ROUTES} == {"GET", "POST"}


def test_no_page_is_in_the_description_of_the_api() -> None:
    paths = WORLD.client.get("/openapi.json").json()["paths"]
    assert {route.path for _, route in ROUTES} & set(paths) == set()


@pytest.mark.parametrize("one", SIGNED_IN, ids=named)
@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "\x7f", "x" * 5000])
def test_nobody_sees_a_page_without_a_session(one: tuple[str, PageRoute], cookie: str) -> None:
    browser = Browser(WORLD.client)
    headers = {**SAME, "Cookie": f"{COOKIE}={cookie}"} if cookie else SAME
    answer = browser.request(
        one[0], filled(one[1]), {"key": "some-key"} if one[0] == "POST" else None, **headers
    )
    if one[0] == "GET":
        assert (answer.status, answer.location.partition("?")[0]) == (303, "/sign-in")
    else:
        assert (answer.status, answer.form("/sign-in/again").fields["next"]) == (401, filled(one[1]))


def test_a_session_cookie_that_comes_twice_is_none() -> None:
    browser = entered(WORLD)
    cookie = f"{COOKIE}={browser.cookies[COOKIE]}"
    assert Browser(WORLD.client).request("GET", "/", None, Cookie=cookie).status == 200
    assert Browser(WORLD.client).request("GET", "/", None, Cookie=f"{cookie}; {COOKIE}=x").status == 303


@pytest.mark.parametrize("path", ["/", "/components", "/log", "/sign-in", "/nowhere", "/search?q=x"])
def test_a_page_runs_and_loads_nothing_but_ours_and_is_framed_by_nobody(path: str) -> None:
    answer = entered(WORLD, "anna.ricci").get(path)
    policy = answer.headers["content-security-policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)';", policy)
    assert nonce is not None
    assert "unsafe" not in policy
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert (answer.headers["x-frame-options"], answer.headers["cache-control"]) == ("DENY", "no-store")
    scripts = re.findall(r"<script([^>]*)>", answer.html)
    assert scripts
    assert all(f'nonce="{nonce[1]}"' in one for one in scripts)
    assert re.search(r"\son[a-z]+\s*=|\sstyle\s*=|javascript:", answer.html) is None
    assert re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", answer.html) == []


def test_every_page_has_a_nonce_of_its_own() -> None:
    browser = entered(WORLD)
    assert len({browser.get("/components").headers["content-security-policy"] for _ in range(5)}) == 5


def test_cookies_are_of_this_host_alone_and_no_script_reads_them() -> None:
    browser = Browser(WORLD.client)
    page = browser.get(f"/sign-in?secret={SECRET}")
    answer = browser.post("/sign-in", {**page.form("/sign-in").fields, "persona": "ruth.keller"})
    given = answer.headers.get_list("set-cookie")
    assert given
    for one in given:
        assert one.startswith("__Host-")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(one.split("; "))
        assert "domain" not in one.lower()


def test_signing_in_gives_a_new_session_and_ends_the_one_before() -> None:
    browser = entered(WORLD)
    before = browser.cookies[COOKIE]
    browser.signs_in("anna.ricci", SECRET)
    assert browser.cookies[COOKIE] != before
    assert Browser(WORLD.client, {COOKIE: before}).request("GET", "/", None).status == 303


def test_signing_out_ends_the_session_wherever_its_cookie_is() -> None:
    browser = entered(WORLD)
    thief = Browser(WORLD.client, {COOKIE: browser.cookies[COOKIE]})
    assert thief.request("GET", "/", None).status == 200
    browser.send(browser.get("/"), "/sign-out")
    assert COOKIE not in browser.cookies
    assert thief.request("GET", "/", None).status == 303


def test_a_session_ends_after_half_an_hour_without_a_call_and_after_eight_hours_with_them() -> None:
    world = World(with_pages=True)
    browser = entered(world)
    world.clock.go_on(IDLE - 1)
    assert browser.request("GET", "/", None).status == 200
    world.clock.go_on(IDLE)
    assert browser.request("GET", "/", None).status == 303
    browser = entered(world)
    for _ in range(LONGEST // 1000):
        world.clock.go_on(1000)
        browser.request("GET", "/", None)
    world.clock.go_on(1000)
    assert browser.request("GET", "/", None).status == 303


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=y",
     "\\\\evil", "/%0d%0aX: y/../..", "", "evil", "/sign-in", "/x" * 600],
)  # fmt: skip
def test_nobody_is_sent_to_another_server(path: str) -> None:
    browser = Browser(WORLD.client)
    browser.get(f"/sign-in?secret={SECRET}")
    assert browser.post("/sign-in", {"persona": "ruth.keller", "next": path}).location == "/"
    for start in ("/language/en", "/sign-in"):
        answer = WORLD.client.get(start, params={"next": path}, follow_redirects=False)
        assert "evil" not in answer.headers.get("location", "")


def test_the_secret_moves_from_the_address_into_a_cookie() -> None:
    browser = Browser(WORLD.client)
    answer = browser.request("GET", f"/sign-in?secret={SECRET}&as=ruth.keller&next=/outputs", None)
    assert answer.location == "/sign-in?next=%2Foutputs&as=ruth.keller"
    page = browser.get(answer.location)
    assert SECRET not in page.html
    assert browser.send(page, "/sign-in", persona="ruth.keller").status == 200


@pytest.mark.parametrize("secret", ["wrong", SECRET[:-1], "ä", " "])
def test_a_wrong_secret_lets_nobody_in(secret: str) -> None:
    browser = Browser(WORLD.client)
    assert browser.get(f"/sign-in?secret={secret}").status == 401
    answer = browser.post("/sign-in", {"persona": "ruth.keller", "secret": secret})
    assert (answer.status, browser.cookies) == (401, {})


@pytest.mark.parametrize("path", ["/sign-in", "/", "/log", "/components", "/language/en"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8400", ""])
def test_a_demo_answers_on_this_machine_only(path: str, host: str) -> None:
    answer = entered(WORLD).request("GET", path, None, Host=host)
    assert (answer.status, answer.forms) == (
        403,
        [form for form in answer.forms if form.action == "/sign-out"],
    )
    assert Browser(WORLD.client).request("GET", path, None, **{"X-Forwarded-For": "1.2.3.4"}).status == 403


def test_signing_in_and_looking_are_in_the_log() -> None:
    world = World(with_pages=True)
    browser = entered(world, "claire.dubois")
    browser.get("/outputs")
    browser.get("/search?q=nothing")
    browser.get("/nowhere")
    kinds = [type(entry.event) for entry in world.store.log]
    assert kinds == [SignedIn, RecordSeen, RecordSeen, CallAnswered, CallAnswered]
    assert {str(entry.who.id) for entry in world.store.log} == {"claire.dubois"}


def test_nothing_is_shown_when_the_log_can_not_be_written() -> None:
    world = World(with_pages=True)
    browser = entered(world)
    world.store.broken = True
    for path in ("/", "/outputs", "/search?q=x", "/nowhere"):
        answer = browser.get(path)
        assert (answer.status, "unreachable" in answer.text) == (503, True)
    answer = Browser(world.client).post("/sign-in", {"persona": "ruth.keller", "secret": SECRET})
    assert (answer.status, answer.headers.get("set-cookie")) == (503, None)


def test_a_page_speaks_italian_to_who_reads_it_and_to_who_chose_it() -> None:
    browser = Browser(WORLD.client, language="it-IT,it;q=0.9")
    assert 'lang="it"' in browser.get("/sign-in").html
    browser.get("/language/en?next=/components")
    assert 'lang="en"' in browser.get("/sign-in").html
    assert browser.get("/language/xx").status == 404


def test_style_is_kept_for_ever_by_an_address_that_names_its_content() -> None:
    browser = Browser(WORLD.client)
    (path,) = set(re.findall(r'href="(/assets/[0-9a-f]{16}/portal\.css)"', browser.get("/sign-in").html))
    answer = browser.get(path)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    packed = WORLD.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", answer.content)
    for bad in (
        "/assets/0000000000000000/portal.css",
        path + "x",
        path.replace("portal.css", "..%2f..%2fapp.py"),
    ):
        assert browser.get(bad).status == 404


def test_without_the_style_that_set_up_brings_pages_say_so_and_work() -> None:
    page = entered(WORLD).get("/")
    assert "style of these pages is missing" in page.text
    assert "govuk-frontend.min" not in page.html
