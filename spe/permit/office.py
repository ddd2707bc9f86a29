"""The worker's part: a permit is issued for every granted request that has none, signed after reading it all back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from spe.audit.change import Expect
from spe.audit.cover import Cover
from spe.audit.events.permit import PermitIssued
from spe.audit.records import Stored
from spe.catalogue.model import Dataset, DatasetStatus
from spe.catalogue.questions import conditions
from spe.clock import epoch
from spe.crypto.signing import SigningKey
from spe.crypto.statements import sign
from spe.decision.model import Case
from spe.identity.model import WORKER
from spe.permit import questions
from spe.permit.model import Controllers, DataPermit, Grant, Member, statement
from spe.policy.enforce import Effect, Enforcer
from spe.policy.model import Obligation, Verdict
from spe.request.model import AccessRequest, RequestStatus, Route

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class PermitOffice:
    """Issues permits; holds the one key that signs them, and signs nothing that rests on entries not cosigned yet."""

    pep: Enforcer
    key: SigningKey
    demo: bool
    cover: Cover

    def pending(self) -> tuple[str, ...]:
        """Return the granted requests that have no permit yet."""
        granted = self.pep.records.each(AccessRequest, status=RequestStatus.GRANTED)
        ids = [stored.value.id for stored in granted]
        return tuple(id_ for id_ in ids if not self.pep.records.find(DataPermit, request=id_, limit=1))

    def reconcile(self, id_: str) -> None:
        """Issue the permit of a granted request; raises `Denied` where policy sees an obstacle.

        `Unreachable`: not as many witnesses as are required have cosigned the decision.
        """
        stored = self.pep.load(WORKER.who(), AccessRequest, id_)
        case = self.pep.load(WORKER.who(), Case, id_)
        request, found = stored.value, self._datasets(stored.value)
        datasets = tuple(one.value for one in found)
        terms = tuple(condition for dataset in datasets for condition in conditions(dataset))
        question = questions.issue(WORKER, request, case.value, len(datasets), terms, self.pep.now())
        expects = (
            Expect(AccessRequest, id_, stored.version),
            Expect(Case, id_, case.version),
            *(Expect(Dataset, one.value.id, one.version) for one in found),
        )

        self.cover.cover(witnessed=True)

        def effect(verdict: Verdict) -> Effect[DataPermit]:
            permit = self._signed(request, case.value, datasets, verdict)
            digest = hashlib.sha256(permit.statement.encode()).hexdigest()
            event = PermitIssued(permit.id, request.id, digest, permit.expires)
            return Effect(permit, event, expects=expects)

        self.pep.create(WORKER.who(), question, effect, id_)

    def _datasets(self, request: AccessRequest) -> tuple[Stored[Dataset], ...]:
        found = (self.pep.records.get(Dataset, one.dataset) for one in request.application.datasets)
        return tuple(stored for stored in found if stored and stored.value.status is DatasetStatus.AVAILABLE)

    def _signed(
        self, request: AccessRequest, case: Case, datasets: tuple[Dataset, ...], verdict: Verdict
    ) -> DataPermit:
        now = self.pep.clock.now()
        wanted = {one.dataset: one for one in request.application.datasets}
        permit = DataPermit(
            id=f"per-{request.id.removeprefix('req-')}",
            request=request.id,
            route=request.application.route,
            purpose=request.application.purpose,
            legal_basis=request.application.legal_basis,
            article_9=request.application.article_9,
            opt_out_exception=bool(request.application.opt_out_exception),
            applicant=request.applicant,
            organisation=request.organisation,
            members=_members(request),
            grants=tuple(
                Grant(
                    site=dataset.holder,
                    dataset=dataset.id,
                    fields=tuple(variable.name for variable in wanted[dataset.id].variables),
                    sha256=dataset.sha256,
                    identifiability=dataset.identifiability,
                )
                for dataset in datasets
            ),
            issued=epoch(now),
            expires=epoch(now) + _days(case, verdict.obligations) * _DAY,
            aggregates_only=case.conditions.aggregates_only if case.conditions else True,
            obligations=verdict.obligations,
            controllers=_controllers(request.application.route, request.organisation),
            demo=self.demo,
            statement="",
            signature="",
        )
        signed = sign(self.key, statement(permit))
        return replace(permit, statement=signed.statement, signature=signed.signature)


def _members(request: AccessRequest) -> tuple[Member, ...]:
    """Return the applicant and the team, each with the organisation that the committee read beside their name."""
    team = (Member(member.id, member.organisation) for member in request.application.team)
    return (Member(request.applicant, request.organisation), *team)


def _days(case: Case, duties: tuple[Obligation, ...]) -> int:
    """Return how long the permit lasts: what was granted, or less where a dataset's own time limit ends before."""
    granted = case.conditions.days if case.conditions else 0
    limits = (dict(duty.params)["days"] for duty in duties if duty.code == "ends_after_months")
    return min((granted, *(int(limit) for limit in limits)))


def _controllers(route: Route, using: str) -> Controllers:
    """Return who is controller when (EHDS Art. 74): the deciding body, the holder until delivery, the data user."""
    deciding = "health data access body" if route is Route.EHDS else "data access committee of the consortium"
    return Controllers(deciding=deciding, providing="data holder", using=using)
