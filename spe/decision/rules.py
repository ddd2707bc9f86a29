"""What of a case its members may see, and what a request asks for by default."""

from __future__ import annotations

from typing import Any

from spe.decision.model import Case, CaseStatus, Conditions
from spe.request.model import AccessRequest
from spe.values import to_data


def asked_conditions(request: AccessRequest) -> Conditions:
    """Return the conditions that leave the request as it was asked."""
    return Conditions(days=request.application.days, aggregates_only=True)


def blind_view(case: Case, request: AccessRequest, viewer: str, *, unsealed: bool) -> dict[str, Any]:
    """Return the case as `viewer` may see it: while it is open, of others' votes only the `unsealed` round's.

    What was voted in an earlier round stays hidden until the decision, because it would tell how members lean.
    """
    view: dict[str, Any] = to_data(case)
    view["request"] = to_data(request)
    if case.status is CaseStatus.OPEN:
        shown = request.round if unsealed else None
        view["votes"] = [one for one in view["votes"] if one["by"] == viewer or one["round"] == shown]
        cast = len(case.in_round(request.round).votes)
        view["votes_hidden"] = cast - sum(one["round"] == request.round for one in view["votes"])
    return view
