from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from spe.adapters.personas import PERSONAS, Persona
from spe.adapters.policy_point import PolicyPoint, embedded_point
from spe.audit.change import Change, Entry, Put
from spe.audit.events import StaffRef
from spe.audit.events.request import RequestWithdrawn
from spe.audit.records import Record
from spe.code.model import Code, Manifest
from spe.cohort.model import Cohort
from spe.decision.model import Case
from spe.identity.model import Role
from spe.output.model import Output, OutputStatus
from spe.oversight.model import Hold
from spe.permit.model import Controllers, DataPermit, Grant, Member
from spe.policy.model import DecisionPoint
from spe.release.model import Release, ReleaseStatus
from spe.request.model import AccessRequest, RequestStatus, Route
from spe.run.model import Run, RunKind
from spe.values import to_data
from spe.web.app import api_routes
from spe.web.bodies import JsonBody
from spe.web.examples import EXAMPLES
from spe.web.openapi import body_of, is_signed_in
from spe.workspace.model import Workspace
from tests.fakes import MemoryStore, someone
from tests.unit.web.served import World

SITE = "hospital-milano"
ANNA = StaffRef("anna.ricci")
STRANGERS = (
    Persona("max.fremd", "Max Fremd", "elsewhere", (Role.DATA_USER,), "a data user of another project"),
    Persona("ida.fremd", "Ida Fremd", "elsewhere", (Role.DATA_HOLDER,), "a data holder of nothing here", "hospital-elsewhere"),
    Persona("eva.fremd", "Eva Fremd", "elsewhere", (Role.DATA_USER,), "a data user who is also a holder of nothing here", SITE + "-2"),
)  # fmt: skip
LISTS = {"/v1/me", "/v1/datasets", "/v1/outputs", "/v1/log/timeline", "/v1/log/export", "/v1/log/proof", "/v1/log/consistency", "/v1/receipts", "/v1/requests", "/v1/datasets/{id}",
         "/v1/requests/preflight"}  # fmt: skip
NEW = {"/v1/holds"}
BODIES: dict[str, Any] = {
    "Seen": {"digest": "d" * 64},
    "StartRun": {"permit": "per-1", "site": SITE, "code": "code-1", "kind": "real", "parameters": {}},
    "Asked": {"permit": "per-1", "site": SITE, "outputs": ["out-1"]},
    "Upload": {"title": "t", "entry": "main.py", "files": [{"path": "main.py", "content": "x"}], "parameters": [], "outputs": []},
    "Dataset": {
        "id": "stolen", "holder": SITE, "organisation": SITE, "title": "t", "description": "d", "country": "IT", "kind": "imaging",
        "identifiability": "anonymised", "duo": [], "purposes": ["e"],
    },
}  # fmt: skip


def records() -> tuple[Record, ...]:
    """Return one of each thing, all of Anna's project."""
    permit = DataPermit(
        id="per-1",
        request="req-1",
        route=Route.CONSORTIUM,
        purpose="e",
        legal_basis="consent",
        article_9="",
        opt_out_exception=False,
        applicant=ANNA,
        organisation="uni-bologna",
        members=(Member(ANNA, "uni-bologna"),),
        grants=(Grant(SITE, "gbsg2-milano", ("age",), "0" * 64, "pseudonymised"),),
        issued=1,
        expires=2**40,
        aggregates_only=True,
        obligations=(),
        controllers=Controllers("a", "b", "c"),
        demo=True,
        statement="{}",
        signature="{}",
    )
    manifest = Manifest(
        files=(),
        entry="main.py",
        argv=(),
        environment=(),
        import_path=(),
        runtime="r",
        sandbox="s",
        parameters=(),
        layouts=(),
        fields=(),
    )
    output = Output(
        id="out-1",
        run="run-1",
        permit="per-1",
        site=SITE,
        name="events",
        layout={"file": "events.csv"},
        cohort="c",
        rows="r",
        collected=1,
        raw_sha256="0" * 64,
        sha256="0" * 64,
        status=OutputStatus.IN_REVIEW,
    )
    return (
        AccessRequest(
            id="req-1",
            applicant=ANNA,
            organisation="uni-bologna",
            application=replace(EXAMPLES_APPLICATION, team=()),
            status=RequestStatus.SUBMITTED,
            submitted=1,
        ),
        Case(id="req-1"),
        permit,
        Code(id="code-1", permit="per-1", by=ANNA, title="t", manifest=manifest, digest="d" * 64),
        Cohort(
            id=permit.at_site(SITE),
            permit="per-1",
            site=SITE,
            dataset="gbsg2-milano",
            dataset_sha256="0" * 64,
            fields=("age",),
            epoch=1,
            bundle="b",
            subjects=200,
            excluded=3,
            rows="r",
            sha256="0" * 64,
            size=10,
        ),
        Workspace(id=permit.at_site(SITE), permit="per-1", site=SITE, opened=1),
        Run(
            id="run-1",
            permit="per-1",
            site=SITE,
            kind=RunKind.REAL,
            code="code-1",
            digest="d" * 64,
            by=ANNA,
            parameters=(),
            queued=1,
        ),
        output,
        Release(
            id="rel-1",
            permit="per-1",
            site=SITE,
            dataset="gbsg2-milano",
            by=ANNA,
            files=(),
            asked=1,
            status=ReleaseStatus.RELEASED,
            sha256="0" * 64,
        ),
        Hold(id="hold-1", about="per-1", reason="a claim", by=ANNA, placed=1),
    )


EXAMPLES_APPLICATION = next(value for value in EXAMPLES.values() if hasattr(value, "lay_summary"))
IDS = {"requests": "req-1", "cases": "req-1", "permits": "per-1", "codes": "code-1", "runs": "run-1", "outputs": "out-1",
       "releases": "rel-1", "datasets": "gbsg2-milano", "holders": SITE, "holds": "hold-1", "log": "log"}  # fmt: skip


@pytest.fixture(scope="module")
def policy() -> Iterator[PolicyPoint]:
    point = embedded_point()
    yield point
    point.close()


def peopled(policy: DecisionPoint) -> World:
    """Return a served world with one record of each kind, which personas and strangers call."""
    store = MemoryStore(bundle=policy.bundle())
    made = World(store=store, point=policy, personas=(*PERSONAS, *STRANGERS))
    entry = Entry(someone().who(), RequestWithdrawn("none"), made.clock.now())
    for value in records():
        store.commit(Change(entries=(entry,), puts=(Put(value, 0),)))
    return made


@pytest.fixture(scope="module")
def world(policy: PolicyPoint) -> World:
    return peopled(policy)


ROUTES = [
    (method, route)
    for route in api_routes(World().app)
    for method in sorted(route.methods or ())
    if is_signed_in(route) and route.path not in LISTS
]


def path_of(template: str, *, known: bool) -> str:
    noun = template.split("/")[2]
    named = IDS.get(noun, "") if known else "nothing-here"
    first = re.sub(r"\{[^}]+\}", named, template, count=1)
    return re.sub(r"\{[^}]+\}", "main.py" if "files" in template else SITE, first)


def call(world: World, method: str, route: Any, who: str, *, known: bool) -> Any:
    body, headers, sent = body_of(route), world.headers(who), None
    if body is not None:
        headers["Content-Type"] = body.media_type
        headers["Content-Digest"] = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
        sent = (
            b"subject,kind,purpose,effective\n"
            if not isinstance(body, JsonBody) and "holders" in route.path
            else b""
        )
    if isinstance(body, JsonBody):
        data = BODIES.get(body.kind.__name__) or to_data(EXAMPLES[body.kind])
        if not known and "permit" in data:
            data = {**data, "permit": "nothing-here"}
        return world.client.request(method, path_of(route.path, known=known), json=data, headers=headers)
    return world.client.request(method, path_of(route.path, known=known), content=sent, headers=headers)


def named(one: Any) -> str:
    return f"{one[0]} {one[1].path}" if isinstance(one, tuple) else str(getattr(one, "id", one))


@pytest.mark.parametrize("one", ROUTES, ids=named)
@pytest.mark.parametrize("stranger", STRANGERS, ids=named)
def test_a_stranger_gets_nothing_of_another_project(
    world: World, one: tuple[str, Any], stranger: Persona
) -> None:
    before = dict(world.store._rows["data_permit"])
    answer = call(world, one[0], one[1], stranger.id, known=True)
    assert answer.status_code in {403, 404}, answer.text
    assert "anna.ricci" not in answer.text
    assert world.store._rows["data_permit"] == before
    assert world.store.types()[-1] == "policy.refused"


@pytest.mark.parametrize("one", [one for one in ROUTES if "holders" not in one[1].path], ids=named)
def test_what_is_there_reads_to_a_stranger_like_what_is_not(world: World, one: tuple[str, Any]) -> None:
    answers = [call(world, one[0], one[1], "max.fremd", known=known) for known in (True, False)]
    problems = [
        {key: value for key, value in answer.json().items() if key != "correlation"} for answer in answers
    ]
    assert problems[0] == problems[1]


@pytest.mark.parametrize("persona", PERSONAS, ids=named)
@pytest.mark.parametrize(
    "one", [one for one in ROUTES if one[0] == "POST" and one[1].path not in NEW], ids=named
)
def test_no_role_writes_to_what_is_not_there(world: World, one: tuple[str, Any], persona: Persona) -> None:
    counts = {table: len(kept) for table, kept in world.store._rows.items()}
    with_effect = {entry.event.type for entry in world.store.log}
    answer = call(world, one[0], one[1], persona.id, known=False)
    assert answer.status_code in {400, 403, 404}
    assert {table: len(kept) for table, kept in world.store._rows.items()} == counts
    assert {entry.event.type for entry in world.store.log} - with_effect <= {"policy.refused"}
