"""Every route of API and pages, as every role that is of no project here: what is another's reads like what isn't there.

The real route table is walked, so that a new route is asked too, or its test fails for want of a line here: a route names
nothing (`NAMELESS`), names something beside its path (`BESIDE`), or its noun is in `OFFICES`, which says whose office it is
to see such things of every project.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from spe.adapters.personas import Persona
from spe.identity.model import Role
from spe.values import to_data
from spe.web.app import api_routes, page_routes
from spe.web.bodies import JsonBody
from spe.web.examples import EXAMPLES
from spe.web.openapi import body_of
from tests.attacks.populated import STRANGERS, Populated, populated
from tests.attacks.test_api_roles import BODIES
from tests.browsing import Browser
from tests.builders import MILANO
from tests.unit.web.served import World as Served
from tests.world import digest_header

_R = Role
_COMMITTEE = {_R.COMMITTEE, _R.CHAIR}
_READERS = {_R.CODE_APPROVER, _R.OUTPUT_CHECKER, _R.AUDITOR}
OFFICES: Mapping[str, set[Role]] = {
    "cases": _COMMITTEE | {_R.AUDITOR},
    "codes": _READERS,
    "codes/files": _READERS,
    "datasets": set(Role) - {_R.WORKER},
    "holders/directives": set(),
    "holders/subjects/erasures": set(),
    "holders/subjects/report": {_R.AUDITOR},
    "holds": {_R.AUDITOR, _R.OPERATOR},
    "outputs": {_R.OUTPUT_CHECKER, _R.AUDITOR},
    "permits": _COMMITTEE | _READERS | {_R.OPERATOR},
    "permits/codes": _READERS,
    "permits/document": _COMMITTEE | {_R.AUDITOR},
    "permits/sites/cohort": {_R.OUTPUT_CHECKER, _R.AUDITOR},
    "permits/sites/workspace": {_R.AUDITOR, _R.OPERATOR},
    "releases": _COMMITTEE | {_R.OUTPUT_CHECKER, _R.AUDITOR, _R.OPERATOR},
    "requests": _COMMITTEE | {_R.AUDITOR},
    "requests/permit": _COMMITTEE | _READERS | {_R.OPERATOR},
    "runs": {_R.OUTPUT_CHECKER, _R.AUDITOR, _R.OPERATOR},
    "runs/outputs": {_R.OUTPUT_CHECKER, _R.AUDITOR},
    "runs/record": {_R.AUDITOR},
    "runs/twin-outputs": {_R.OUTPUT_CHECKER, _R.AUDITOR, _R.OPERATOR},
}
NAMELESS = {
    "/", "/assets/{version}/{name}", "/cases", "/components", "/confirm", "/demo/jwks", "/demo/personas", "/demo/token",
    "/healthz", "/language/{language}", "/log/export", "/log/verify", "/openapi.json", "/outputs", "/readyz", "/sign-in",
    "/sign-in/again", "/sign-out", "/v1/cases", "/v1/datasets", "/v1/keys", "/v1/log/export", "/v1/log/head",
    "/v1/log/purge", "/v1/me", "/v1/outputs", "/v1/sign-in",
}  # fmt: skip
BESIDE: Mapping[str, tuple[str, set[Role]]] = {
    "/log": ("about={permits}", {_R.AUDITOR}),
    "/log/proof": ("index=3", {_R.AUDITOR}),
    "/search": ("q={requests}", _COMMITTEE | {_R.AUDITOR}),
    "/v1/holds": ("about={permits}", {_R.AUDITOR, _R.OPERATOR}),
    "/v1/log/consistency": ("old=1&new=3", {_R.AUDITOR}),
    "/v1/log/hints": ("", {_R.AUDITOR}),
    "/v1/log/proof": ("index=3", {_R.AUDITOR}),
    "/v1/log/timeline": ("about={permits}", {_R.AUDITOR}),
    "/v1/receipts": ("about={holders}/{subject}", {_R.AUDITOR}),
    "/v1/releases": ("", OFFICES["releases"]),
    "/v1/requests": ("", set()),
    "/v1/requests/preflight": ("", set()),
    "/v1/ropa": ("scope={holders}", {_R.CHAIR, _R.AUDITOR, _R.OPERATOR}),
    "/v1/runs": ("", OFFICES["runs"]),
}
"""Names in a query or a body; and the roles that such a call does more than refuse for."""
ROUTES = [
    (method, route)
    for app in (Served(with_pages=True).app,)
    for route in (*api_routes(app), *page_routes(app))
    for method in sorted(route.methods or ())
    if route.path not in NAMELESS
]
NAMING = [one for one in ROUTES if "{" in one[1].path]
_VARIES = (
    (r'"correlation":"[0-9a-f]+"', ""),
    (r'nonce="[^"]+"', ""),
    (r'name="(form|key)" value="[^"]*"', ""),
    (r"\b[0-9a-f]{16}\b", ""),
)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Populated]:
    with populated(tmp_path_factory.mktemp("foreign") / "home") as made:
        made.world.watched = None
        yield made


@pytest.fixture(scope="module")
def askers(there: Populated) -> Mapping[str, Asker]:
    return {one.id: Asker(there, one.id) for one in STRANGERS}


def label(one: Any) -> str:
    return f"{one[0]} {one[1].path}" if isinstance(one, tuple) else str(getattr(one, "id", one))


def noun(path: str) -> str:
    """Return what `OFFICES` calls the things that a path is about: its words, without a verb at the end."""
    words = [word for word in path.removeprefix("/v1").split("/") if word and not word.startswith("{")]
    found = ["/".join(words[:length]) for length in range(len(words), 0, -1)]
    return next((name for name in found if name in OFFICES), f"{path} is nobody's: give it a line in OFFICES")


def unlike(name: str) -> str:
    """Return a name of the same shape and length that nothing has."""
    return re.sub(r"[a-z0-9]{6}((-\d\d)?)$", r"zzzzzz\1", name)


class Asker:
    """One stranger, over the API and in a browser."""

    def __init__(self, there: Populated, who: str) -> None:
        self.there, self.who = there, who
        self.browser = Browser(there.world.http)
        self.browser.signs_in(who, (there.world.home / "persona-secret").read_text().strip())
        self.fields = self.browser.get("/").form("/sign-out").fields
        self.numbers = iter(range(10**9))

    def asks(self, method: str, route: Any, path: str, **named: Any) -> tuple[int, str, dict[str, str]]:
        """Return status, content and headers of the answer, without what varies from call to call and without the names."""
        if path.startswith("/v1"):
            answer = self._calls(method, route, path, named)
        else:
            fields = None if method == "GET" else {**self.fields, "key": f"{next(self.numbers):032}"}
            answer = self.browser.request(method, path, fields, **{"Sec-Fetch-Site": "same-origin"})
        status = answer.status if hasattr(answer, "status") else answer.status_code
        headers = {name: value for name, value in answer.headers.items() if name != "x-correlation-id"}
        headers["content-security-policy"] = re.sub("nonce-[^']+", "", headers["content-security-policy"])
        content = answer.content.decode("utf-8", "replace")
        for pattern, put in _VARIES:
            content = re.sub(pattern, put, content)
        return status, content, headers

    def _calls(self, method: str, route: Any, path: str, named: Mapping[str, Any]) -> Any:
        token = self.there.world._token(self.who, second_factor=True)
        headers = {"Authorization": f"Bearer {token}"}
        body, sent = body_of(route), b""
        if method != "GET":
            headers["Idempotency-Key"] = f"{self.who}-{next(self.numbers):08}"
        if isinstance(body, JsonBody):
            data = BODIES.get(body.kind.__name__) or to_data(EXAMPLES[body.kind])
            return self.there.world.http.request(method, path, json={**data, **named}, headers=headers)
        if body is not None:
            sent = b"subject,kind,purpose,effective\n"
            headers |= {"Content-Type": body.media_type, "Content-Digest": digest_header(sent)}
        return self.there.world.http.request(method, path, content=sent, headers=headers)


def foreign_and_missing(
    there: Populated, asker: Asker, method: str, route: Any
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the answers for what is another's and for what isn't there, the names themselves taken out."""
    path = there.path(route.path)
    name = path.split("/")[len(route.path[: route.path.index("{")].split("/")) - 1]
    other = there.path(route.path, missing=unlike(name))
    assert other != path
    if route.path.endswith("/subjects/report"):
        path, other = f"{path}?subject={there.subject}", f"{other}?subject={there.subject}"
    found, missing = asker.asks(method, route, path), asker.asks(method, route, other)
    return _unnamed(found, name), _unnamed(missing, unlike(name))


def _unnamed(answer: tuple[int, str, dict[str, str]], name: str) -> tuple[Any, ...]:
    return answer[0], answer[1].replace(name, "NAME"), answer[2]


@pytest.mark.parametrize("stranger", STRANGERS, ids=label)
@pytest.mark.parametrize("one", NAMING, ids=label)
def test_what_is_anothers_reads_like_what_is_not_there(
    there: Populated, askers: Mapping[str, Asker], one: Any, stranger: Persona
) -> None:
    method, route = one
    found, missing = foreign_and_missing(there, askers[stranger.id], method, route)
    # To an auditor an unknown subject reads like one of whom nothing was used: a report of nothing.
    assert missing[0] in {403, 404} or (stranger.roles[0] is Role.AUDITOR and missing[0] == found[0] == 200)
    if stranger.roles[0] in OFFICES[noun(route.path)]:
        assert found[0] in ({200} if method == "GET" and found[0] != 403 else {200, 400, 403, 409})
    else:
        assert found == missing


def asked_beside(there: Populated, query: str, *, known: bool) -> str:
    names = {name: ids[0] for name, ids in there.there.items()} | {"subject": there.subject}
    return query.format_map(names if known else {name: unlike(one) for name, one in names.items()})


@pytest.mark.parametrize("stranger", STRANGERS, ids=label)
@pytest.mark.parametrize("one", [one for one in ROUTES if "{" not in one[1].path], ids=label)
def test_a_name_beside_the_path_tells_no_more(
    there: Populated, askers: Mapping[str, Asker], one: Any, stranger: Persona
) -> None:
    method, route = one
    query, offices = BESIDE[route.path]
    answers = []
    for known in (True, False):
        asked = f"{route.path}?{asked_beside(there, query, known=known)}" if method == "GET" else route.path
        named = asked_in_body(there, route, known=known) if method == "POST" else {}
        status, content, headers = askers[stranger.id].asks(method, route, asked, **named)
        for name in (one for ids in there.there.values() for one in (*ids, *map(unlike, ids))):
            content, headers = (
                content.replace(name, "NAME"),
                {**headers, "location": headers.get("location", "").replace(name, "NAME")},
            )
        answers.append((status, re.sub(unlike(there.subject), "NAME", content), headers))
    if stranger.roles[0] in offices:
        assert {one[0] for one in answers} <= ({200, 201, 303} if method == "GET" else {201, 403, 404})
    else:
        assert answers[0] == answers[1]


def asked_in_body(there: Populated, route: Any, *, known: bool) -> dict[str, Any]:
    """Return the names in a body: of what is there, or of nothing."""
    names = {"permit": "permits", "code": "codes", "about": "permits"}
    body: Any = body_of(route)
    fields = set(body.kind.__dataclass_fields__)
    found = {field: there.there[of][0] for field, of in names.items() if field in fields}
    if "outputs" in fields and "site" in fields:
        found["outputs"] = there.there["outputs"][0]
    chosen = found if known else {field: unlike(name) for field, name in found.items()}
    return {field: [name] if field == "outputs" else name for field, name in chosen.items()}


def test_a_subject_of_another_holder_is_known_to_nobody(
    there: Populated, askers: Mapping[str, Asker]
) -> None:
    routes = {f"{method} {route.path}": route for method, route in ROUTES}
    for who in STRANGERS:
        report, erase = "/v1/holders/{holder}/subjects/report", "/v1/holders/{holder}/subjects/erasures"
        answers = []
        for subject in (there.subject, unlike(there.subject)):
            path = report.replace("{holder}", MILANO.holder) + f"?subject={subject}"
            read = askers[who.id].asks("GET", routes[f"GET {report}"], path)
            ordered = askers[who.id].asks(
                "POST", routes[f"POST {erase}"], erase.replace("{holder}", MILANO.holder), subject=subject
            )
            answers.append((_unnamed(read, subject), _unnamed(ordered, subject)))
        assert answers[0] == answers[1] or who.roles[0] is Role.AUDITOR


def test_nobody_without_a_sign_in_hears_more_than_that(there: Populated) -> None:
    for method, route in NAMING:
        path = there.path(route.path)
        accept = "application/json" if path.startswith("/v1") else "text/html"
        answer = there.world.http.request(method, path, headers={"Accept": accept}, follow_redirects=False)
        wanted = {401} if path.startswith("/v1") else {303, 401, 403, 415}
        assert answer.status_code in wanted, f"{method} {path}"


PLANTED = ("status", "id", "owner", "by", "roles", "organisation")


@pytest.mark.parametrize(
    "one", [one for one in NAMING if one[0] == "POST" and not one[1].path.startswith("/v1")], ids=label
)
def test_a_form_with_a_field_that_it_does_not_have_does_nothing(there: Populated, one: Any) -> None:
    member = {"cases": "pieter.devries", "outputs": "claire.dubois"}[one[1].path.split("/")[1]]
    typed = {"kind": "technical", "favourable": "yes", "text": "x", "conflict": "no", "favour": "yes", "rationale": "x",
             "grant": "no", "letter": "x", "answer": "approve", "sha256": "0" * 64, "note": ""}  # fmt: skip
    names = {"opinion": ("kind", "favourable", "text"), "declaration": ("conflict", "text"), "vote": ("favour", "rationale"),
             "decision": ("grant", "letter"), "review": ("answer", "sha256", "note")}[one[1].path.rpartition("/")[2]]  # fmt: skip
    asker = Asker(there, member)
    for field in PLANTED:
        asker.fields |= {name: typed[name] for name in names} | {field: "x"}
        status, content, _ = asker.asks("POST", one[1], there.path(one[1].path))
        assert (status, f"there is no field called &#39;{field}&#39;" in content) == (400, True), content[
            -3000:
        ]
        del asker.fields[field]


@pytest.mark.soak
def test_how_long_it_takes_tells_nothing_that_a_network_would_not_drown(
    there: Populated, askers: Mapping[str, Asker]
) -> None:
    routes = {f"{method} {route.path}": route for method, route in ROUTES}
    for path in (
        "/v1/requests/{id}",
        "/v1/permits/{id}",
        "/v1/outputs/{id}/content",
        "/v1/releases/{id}/content",
    ):
        ratios = _ratios(there, askers["stranger.data-user"], routes[f"GET {path}"])
        print(f"I2 {path}: foreign / missing {statistics.median(ratios):.2f}")
        assert 0.25 < statistics.median(ratios) < 4


def _ratios(there: Populated, asker: Asker, route: Any) -> list[float]:
    found = []
    for at in range(200):
        path = there.path(route.path)
        name = path.split("/")[3]
        taken = []
        for asked in (path, path.replace(name, unlike(name)))[:: 1 if at % 2 else -1]:
            start = time.perf_counter()
            asker.asks("GET", route, asked)
            taken.append(time.perf_counter() - start)
        found.append(taken[0] / taken[1] if at % 2 else taken[1] / taken[0])
    return found
