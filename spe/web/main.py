"""The server process: `spe serve`."""

from __future__ import annotations

from fastapi import FastAPI

from spe.adapters.personas import PersonaIssuer, new_secret
from spe.adapters.policy_files import read_sources
from spe.adapters.tokens import TokenVerifier
from spe.catalogue.service import CatalogueDesk
from spe.clock import Clock, SystemClock
from spe.code.service import CodeDesk
from spe.cohort.service import CohortDesk
from spe.consent.service import ConsentDesk
from spe.crypto.signing import StatementKind
from spe.decision.service import CaseDesk
from spe.errors import Malformed, Unreachable
from spe.output.service import OutputDesk
from spe.oversight.service import AuditDesk
from spe.permit.service import PermitDesk
from spe.policy.messages import catalogue, explain
from spe.release.service import ReleaseDesk
from spe.request.service import RequestDesk
from spe.run.service import RunDesk
from spe.settings import Settings
from spe.web.app import create_app
from spe.web.calls import Edge
from spe.web.desks import Desks
from spe.web.idempotency import AnsweringCommitter
from spe.web.refusals import Refusals
from spe.web.routes.public import Public
from spe.web.serving import refuse_to_show_a_demo, serve
from spe.wiring.installation import Installation, open_installation
from spe.wiring.offices import admission
from spe.workspace.service import WorkspaceDesk


def main(settings: Settings) -> None:
    """Serve until told to stop."""
    refuse_to_show_a_demo(settings.host, demo=settings.demo)
    installation = open_installation(settings, wrap=AnsweringCommitter)
    try:
        serve(make_app(installation, SystemClock()), settings.host, settings.port, demo=settings.demo)
    finally:
        installation.close()


def make_app(installation: Installation, clock: Clock) -> FastAPI:
    """Return the application over an open installation."""
    here = installation
    if not here.settings.demo:
        raise Malformed(
            "SPE_DEMO: sign-in with an identity provider is not built yet, so only demos can be served"
        )
    issuer = PersonaIssuer(new_secret(here.home.persona_secret), clock)
    texts = catalogue(read_sources(here.settings.policies))
    edge = Edge(
        desks=_desks(here),
        verifier=TokenVerifier(issuer.expected(), issuer.jwks, clock),
        answers=here.log,
        explain=lambda reason, language: explain(texts, reason, language),
        refusals=Refusals(here.writer, clock),
    )
    return create_app(edge, _public(here), issuer)


def _desks(here: Installation) -> Desks:
    return Desks(
        requests=RequestDesk(here.pep),
        catalogue=CatalogueDesk(here.pep, here.vault, here.keys),
        consent=ConsentDesk(here.pep),
        cases=CaseDesk(here.pep),
        permits=PermitDesk(here.pep),
        code=CodeDesk(here.pep, here.vault, here.keys, here.grounds.of_code()),
        cohorts=CohortDesk(here.pep),
        workspaces=WorkspaceDesk(here.pep),
        runs=RunDesk(here.pep, here.vault, admission(here)),
        outputs=OutputDesk(here.pep, here.vault),
        releases=ReleaseDesk(here.pep, here.vault),
        audit=AuditDesk(
            here.pep, here.log, here.identities, here.home.signing.public(StatementKind.CHECKPOINT)
        ),
    )


def _public(here: Installation) -> Public:
    keys = {kind.value: key.text() for kind, key in here.home.signing.publics().items()}
    return Public({"database": lambda: _touch(here), "policy": lambda: _same_bundle(here)}, keys)


def _touch(here: Installation) -> None:
    here.log.head()


def _same_bundle(here: Installation) -> None:
    if here.log.mark("bundle") != here.point.bundle():
        raise Unreachable("another policy bundle is in force: restart the server")
