"""What of a case its members may see, and what a request asks for by default."""

from __future__ import annotations

from typing import Any

from spe.decision.model import Case, CaseCommand, CaseStatus, Conditions
from spe.identity.model import Person, Role
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


def queued(whole: Case, request: AccessRequest, person: Person) -> dict[str, Any]:
    """Return a waiting case as its line in a list, and which act of `person` comes next, "" for none."""
    return {
        "id": request.id,
        "title": request.application.title,
        "route": request.application.route,
        "organisation": request.organisation,
        "submitted": request.submitted,
        "round": request.round,
        "next": _next(whole.in_round(request.round), person),
    }


def _next(case: Case, person: Person) -> str:
    mine = [one for one in case.declarations if one.by == person.id]
    if not mine:
        return CaseCommand.DECLARE
    if any(one.conflict for one in mine):
        return ""
    if not any(vote.by == person.id for vote in case.votes):
        return CaseCommand.VOTE
    return "decide" if Role.CHAIR in person.roles else ""
