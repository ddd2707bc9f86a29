"""The server process: `spe serve`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastapi import FastAPI

from spe.catalogue.service import CatalogueDesk
from spe.clock import Clock, SystemClock
from spe.code.service import CodeDesk
from spe.cohort.members import KeptMembers
from spe.cohort.service import CohortDesk
from spe.consent.service import ConsentDesk
from spe.crypto.signing import StatementKind
from spe.decision.service import CaseDesk
from spe.errors import IntegrityFailure, Unreachable
from spe.identity.model import WORKER
from spe.identity.questions import read_record
from spe.output.service import OutputDesk
from spe.oversight.hints import HintDesk
from spe.oversight.holds import HoldDesk
from spe.oversight.proofs import ProofDesk
from spe.oversight.retention import RetentionDesk
from spe.oversight.service import AuditDesk
from spe.permit.service import PermitDesk
from spe.policy.unasked import FAULTS
from spe.release.service import ReleaseDesk
from spe.request.service import RequestDesk
from spe.ropa.service import RopaDesk
from spe.run.service import RunDesk
from spe.subject.erasing import ErasureDesk
from spe.subject.service import SubjectDesk
from spe.web.app import Pages, create_app
from spe.web.calls import Edge
from spe.web.desks import Desks
from spe.web.idempotency import AnsweringCommitter
from spe.web.portal.assets import read_assets
from spe.web.provider_sessions import ProviderSessions
from spe.web.refusals import API, Refusals
from spe.web.routes.public import Probe, Public
from spe.web.serving import refuse_to_show_a_demo, serve
from spe.web.sessions import MemorySessions, Sessions
from spe.wiring.installation import Installation, open_installation
from spe.wiring.offices import admission
from spe.wiring.process import Settings
from spe.wiring.sign_in import (
    SignIn,
    attempt_key,
    explainer,
    kept_sessions,
    must_have_an_issuer,
    open_sign_in,
    origin,
    portal_login,
    ways_in,
)
from spe.workspace.service import WorkspaceDesk


def main(settings: Settings) -> None:
    """Serve the API until told to stop."""
    refuse_to_show_a_demo(settings.host, demo=settings.demo)
    with opened(settings) as app:
        serve(app, settings.host, settings.port, demo=settings.demo, check=app.state.holds)


@contextmanager
def opened(settings: Settings, clock: Clock | None = None) -> Iterator[FastAPI]:
    """Open the installation as its server and close it at the end; a demo has an issuer of its own."""
    must_have_an_issuer(settings)
    time = clock or SystemClock()
    installation = open_installation(settings, time, AnsweringCommitter, who=API)
    try:
        sign_in = open_sign_in(installation, time)
        edge = Edge(
            desks(installation),
            sign_in.verifier,
            installation.log,
            explainer(installation),
            Refusals(installation.writer, time),
        )
        public = Public(
            {**probes(installation), "identity": sign_in.probe}, public_keys(installation), ways_in(settings)
        )
        pages = Pages(read_assets(settings.assets), _sessions(installation, sign_in, time), origin(settings))
        try:
            app = create_app(edge, public, sign_in.personas, pages)
            app.state.holds = installation.held.check
            yield app
        finally:
            sign_in.close()
    finally:
        installation.close()


def _sessions(installation: Installation, sign_in: SignIn, clock: Clock) -> Sessions:
    login = portal_login(installation, sign_in, clock)
    if login is None:
        return MemorySessions(clock)
    kept, key = kept_sessions(installation), attempt_key(installation)
    return ProviderSessions(login, sign_in.verifier, kept, key, clock)


def desks(installation: Installation) -> Desks:
    """Return every desk over one installation; none of them has a key that signs."""
    pep, vault, keys = installation.pep, installation.vault, installation.keys
    log, identities = installation.log, installation.identities
    checkpoints = installation.home.signing.public(StatementKind.CHECKPOINT)
    return Desks(
        requests=RequestDesk(pep),
        catalogue=CatalogueDesk(pep, vault, keys),
        consent=ConsentDesk(pep, installation.subjects),
        cases=CaseDesk(pep),
        permits=PermitDesk(pep),
        code=CodeDesk(pep, vault, keys, installation.grounds.of_code()),
        cohorts=CohortDesk(pep),
        workspaces=WorkspaceDesk(pep),
        runs=RunDesk(pep, vault, admission(installation)),
        outputs=OutputDesk(pep, vault),
        releases=ReleaseDesk(pep, vault, installation.cover),
        audit=AuditDesk(pep, log, identities, checkpoints, installation.cover),
        proofs=ProofDesk(pep, log, installation.cover),
        hints=HintDesk(pep, log, identities),
        holds=HoldDesk(pep),
        retention=RetentionDesk(pep),
        subjects=SubjectDesk(pep, log, identities, vault, keys, installation.subjects),
        erasures=ErasureDesk(pep, vault, KeptMembers(pep.records, vault, keys), log, installation.subjects),
        ropa=RopaDesk(pep, log, identities, installation.settings.demo),
    )


def probes(installation: Installation) -> Mapping[str, Probe]:
    """Return what says of each needed part whether it answers."""

    def bundle() -> None:
        if installation.log.mark("bundle") != installation.point.bundle():
            raise IntegrityFailure("another policy bundle is in force than this server has")

    def policy() -> None:
        question = read_record(WORKER, "readiness", "public", installation.pep.now())
        if any(reason.code in FAULTS for reason in installation.point.ask(question).reasons):
            raise Unreachable("the policy engine gives no decision of the rules in force")

    def log() -> None:
        installation.log.head()

    return {
        "log": log,
        "bundle": bundle,
        "policy": policy,
        "keys": installation.held.check,
        "objects": installation.store.probe,
    }


def public_keys(installation: Installation) -> Mapping[str, str]:
    """Return the keys with which anybody verifies what this installation signed, by kind of statement."""
    publics = installation.home.signing.publics()
    return {kind.value: publics[kind].text() for kind in sorted(publics)}
