"""What of a case its members may see, and what a request asks for by default."""

from __future__ import annotations

from typing import Any

from spe.decision.model import Case, CaseStatus, Conditions
from spe.request.model import AccessRequest
from spe.values import to_data


def asked_conditions(request: AccessRequest) -> Conditions:
    """Return the conditions that leave the request as it was asked."""
    return Conditions(days=request.application.days, aggregates_only=True)


def voting_is_over(case: Case) -> bool:
    """Say whether everybody who declared to have no conflict has voted, or the case is decided."""
    voters = {declaration.by for declaration in case.declarations if not declaration.conflict}
    return case.status is not CaseStatus.OPEN or (bool(voters) and voters <= {vote.by for vote in case.votes})


def blind_view(case: Case, request: AccessRequest, viewer: str) -> dict[str, Any]:
    """Return the case as `viewer` may see it: others' votes only once voting is over."""
    view: dict[str, Any] = to_data(case)
    view["request"] = to_data(request)
    if not voting_is_over(case):
        view["votes"] = [vote for vote in view["votes"] if vote["by"] == viewer]
        view["votes_hidden"] = len(case.votes) - len(view["votes"])
    return view
