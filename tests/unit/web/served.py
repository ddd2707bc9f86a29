"""An API over in-memory records and a decision point that allows, with persona tokens as on a demo server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI
from fastapi.testclient import TestClient

from spe.adapters.personas import PERSONAS, Persona, PersonaIssuer
from spe.adapters.tokens import TokenVerifier
from spe.audit.reading import Page
from spe.catalogue.service import CatalogueDesk
from spe.code.service import CodeDesk
from spe.cohort.service import CohortDesk
from spe.consent.service import ConsentDesk
from spe.decision.service import CaseDesk
from spe.errors import Reason
from spe.identity.model import Person
from spe.output.service import OutputDesk
from spe.oversight.hints import HintDesk
from spe.oversight.holds import HoldDesk
from spe.oversight.proofs import ProofDesk
from spe.oversight.retention import RetentionDesk
from spe.oversight.service import AuditDesk
from spe.permit.service import PermitDesk
from spe.policy.enforce import Enforcer
from spe.policy.messages import Explanation
from spe.policy.trail import CarryingCommitter
from spe.release.service import ReleaseDesk
from spe.request.service import RequestDesk
from spe.ropa.service import RopaDesk
from spe.run.service import RunDesk
from spe.subject import questions
from spe.subject.erasing import ErasureDesk
from spe.subject.service import SubjectDesk
from spe.web.app import Pages, create_app
from spe.web.calls import Edge
from spe.web.desks import Desks
from spe.web.idempotency import AnsweringCommitter
from spe.web.portal.assets import read_assets
from spe.web.refusals import Refusals
from spe.web.routes.public import Public
from spe.web.sessions import MemorySessions
from spe.workspace.service import WorkspaceDesk
from tests.fakes import Covered, FakePoint, FixedClock, MemoryStore

SECRET = "a-secret-of-this-start"
BASE = "http://127.0.0.1:8321"


class Nothing:
    """A part that the routes under test never reach past policy; touching it is a failure of the test."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nothing here: {name}")


class Log:
    """An audit desk that has an empty log."""

    def timeline(self, *_: Any, **__: Any) -> Page:
        return Page(tuple({"index": at} for at in range(2)), None, 2)

    def export(self, *_: Any) -> Iterator[bytes]:
        return iter((b"PK",))

    def inclusion(self, *_: Any) -> str:
        return "a proof"

    def consistency(self, *_: Any) -> Mapping[str, Any]:
        return {"hashes": ()}

    def head(self) -> Mapping[str, Any]:
        return {"size": 0}

    def receipts(self, *_: Any) -> tuple[Mapping[str, Any], ...]:
        return ()


@dataclass
class Subjects:
    """Subjects' desks that know of nobody, but ask first."""

    pep: Enforcer

    def report(self, person: Person, holder: str, *_: Any) -> Mapping[str, Any]:
        self.pep.reveal(person.who(), questions.report(person, holder, self.pep.now()), holder)
        raise self.pep.absent(person.who(), holder)

    order = report


def explain(reason: Reason, language: str) -> Explanation:
    """Explain a reason by its code and language alone."""
    return Explanation(f"title {reason.code}", f"{language}: {reason.code}", "mend it", "Art. 1")


@dataclass
class World:
    """Everything behind one served API."""

    store: MemoryStore = field(default_factory=MemoryStore)
    point: Any = field(default_factory=FakePoint)
    personas: tuple[Persona, ...] = PERSONAS
    clock: FixedClock = field(default_factory=FixedClock)
    probes: dict[str, Callable[[], None]] = field(default_factory=dict)
    keys: Any = field(default_factory=Nothing)
    vault: Any = field(default_factory=Nothing)
    with_pages: bool = False
    _numbers: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        self.issuer = PersonaIssuer(SECRET, self.clock, self.personas)
        self.verifier = TokenVerifier(self.issuer.expected(), self.issuer.jwks, self.clock)
        self.refusals = Refusals(self.store, self.clock)
        edge = Edge(self.desks(), self.verifier, self.store, explain, self.refusals)
        public = Public(self.probes, {"permit": "o/permit+00000000+AAAA"})
        pages = Pages(read_assets(Path("/nowhere")), MemorySessions(self.clock)) if self.with_pages else None
        self.app: FastAPI = create_app(edge, public, self.issuer, pages)
        self.client = TestClient(self.app, base_url=BASE, raise_server_exceptions=True)

    def desks(self) -> Desks:
        pep = Enforcer(self.store, self.point, CarryingCommitter(AnsweringCommitter(self.store)), self.clock)
        nothing = cast("Any", Nothing())
        return Desks(
            requests=RequestDesk(pep),
            catalogue=CatalogueDesk(pep, self.vault, self.keys),
            consent=ConsentDesk(pep, nothing),
            cases=CaseDesk(pep),
            permits=PermitDesk(pep),
            code=CodeDesk(pep, self.vault, self.keys, nothing),
            cohorts=CohortDesk(pep),
            workspaces=WorkspaceDesk(pep),
            runs=RunDesk(pep, self.vault, nothing),
            outputs=OutputDesk(pep, self.vault),
            releases=ReleaseDesk(pep, self.vault, Covered()),
            audit=cast("AuditDesk", Log()),
            proofs=cast("ProofDesk", Log()),
            hints=HintDesk(pep, nothing, nothing),
            holds=HoldDesk(pep),
            retention=RetentionDesk(pep),
            subjects=cast("SubjectDesk", Subjects(pep)),
            erasures=cast("ErasureDesk", Subjects(pep)),
            ropa=RopaDesk(pep, nothing, nothing, demo=True),
        )

    def headers(self, persona: str = "anna.ricci", key: str = "", **more: str) -> dict[str, str]:
        """Return what a signed-in caller sends; a new idempotency key each time unless one is given."""
        token = self.issuer.token(persona, SECRET)
        numbered = key or f"key-number-{next(self._numbers)}"
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": numbered, **more}

    def post(
        self, path: str, body: Any = None, persona: str = "anna.ricci", key: str = "", **more: str
    ) -> Any:
        """Post JSON (or nothing) as a persona."""
        headers = self.headers(persona, key, **more)
        if body is None:
            return self.client.post(path, headers=headers)
        return self.client.post(path, json=body, headers=headers)

    def get(self, path: str, persona: str = "anna.ricci", **more: str) -> Any:
        """Get as a persona."""
        return self.client.get(path, headers=self.headers(persona, **more))
