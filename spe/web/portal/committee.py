"""The committee's pages: which cases wait, and one case on one screen with all that its members do there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from spe.audit.events.decision import (
    ConflictDeclared,
    OpinionGiven,
    RequestGranted,
    RequestRefused,
    VoteCast,
)
from spe.audit.events.record import RecordSeen
from spe.decision.model import CaseCommand, Conditions, OpinionKind
from spe.decision.service import Screen
from spe.errors import Reason, SpeError
from spe.policy.enforce import Done
from spe.web.calls import After, Id
from spe.web.leaves import leaves
from spe.web.portal.buttons import button
from spe.web.portal.forms import Looks, Sender, Sends, Visitor, page_router, whole
from spe.web.portal.notices import Said, done_text
from spe.web.portal.page import explained, page
from spe.web.portal.refused import told

router = page_router()
_PER_PAGE = 50


@router.get("/cases", openapi_extra=leaves(RecordSeen))
def cases(call: Looks, after: After = "") -> Response:
    """Show the cases that wait for a decision, oldest first."""
    return page(call.request, "cases.html", queue=call.desks.cases.waiting(call.person, after, _PER_PAGE))


@router.get("/cases/{id}", openapi_extra=leaves(RecordSeen))
def case(call: Looks, id: Id, done: Said = "") -> Response:  # noqa: A002 - the word of the path
    """Show a case with everything that its members need, and the acts that are theirs."""
    return _screen(call, id, done=done)


@router.post("/cases/{id}/opinion", openapi_extra=leaves(OpinionGiven))
def opine(call: Sends, id: Id) -> Response:  # noqa: A002 - the word of the path
    """Give a technical or an ethics and legal opinion."""

    def act() -> Done:
        call.only("kind", "favourable", "text")
        kind = OpinionKind(call.choice("kind", *OpinionKind))
        favourable = call.choice("favourable", "yes", "no") == "yes"
        text = call.form.get("text", "")
        return call.desks.cases.opine(call.person, id, kind, favourable=favourable, text=text)

    return _attempt(call, id, "opinion", act)


@router.post("/cases/{id}/declaration", openapi_extra=leaves(ConflictDeclared))
def declare(call: Sends, id: Id) -> Response:  # noqa: A002 - the word of the path
    """Declare whether one has a conflict of interest."""

    def act() -> Done:
        call.only("conflict", "text")
        conflict = call.choice("conflict", "yes", "no") == "yes"
        return call.desks.cases.declare(call.person, id, conflict=conflict, text=call.form.get("text", ""))

    return _attempt(call, id, "declaration", act)


@router.post("/cases/{id}/vote", openapi_extra=leaves(VoteCast))
def vote(call: Sends, id: Id) -> Response:  # noqa: A002 - the word of the path
    """Cast the blind first vote."""

    def act() -> Done:
        call.only("favour", "rationale")
        favour = call.choice("favour", "yes", "no") == "yes"
        return call.desks.cases.vote(call.person, id, favour=favour, rationale=call.form.get("rationale", ""))

    return _attempt(call, id, "vote", act)


@router.post("/cases/{id}/decision", openapi_extra=leaves(RequestGranted, RequestRefused))
def decide(call: Sends, id: Id) -> Response:  # noqa: A002 - the word of the path
    """Grant the request under conditions, or refuse it, with a reasoned letter."""

    def act() -> Done:
        call.only("grant", "days", "aggregates_only", "letter")
        grant = call.choice("grant", "yes", "no") == "yes"
        days = whole(call.form.get("days", ""), "days") if grant else 0
        terms = Conditions(days, aggregates_only=not grant or "aggregates_only" in call.form)
        letter = call.form.get("letter", "")
        return call.desks.cases.decide(call.person, id, grant=grant, letter=letter, conditions=terms)

    return _attempt(call, id, "decision", act)


def _attempt(call: Sender, id_: str, name: str, act: Any) -> Response:
    there = f"/cases/{id_}?done={name}#{name}"
    return call.attempt(act, there, lambda error: _screen(call, id_, failed=name, error=error))


def _screen(
    call: Visitor, id_: str, *, done: str = "", failed: str = "", error: SpeError | None = None
) -> Response:
    screen = call.desks.cases.screen(call.person, id_)
    request = call.request
    shown = told(request, error) if error else None
    typed: Mapping[str, str] = getattr(call, "form", {}) if failed else {}
    return page(
        request,
        "case.html",
        shown["status"] if shown else 200,
        case=screen.view,
        application=screen.view["request"]["application"],
        acts={command.value: button(request, command, screen.verdicts[command]) for command in CaseCommand},
        mine=_mine(screen, str(call.person.id)),
        duties=_duties(call, screen),
        done=done_text(request, done),
        failed=failed,
        typed=typed,
        error=shown,
    )


def _mine(screen: Screen, person: str) -> Mapping[str, Any]:
    """Return what the viewer has said in this round themselves."""
    view, number = screen.view, screen.view["request"]["round"]

    def own(name: str) -> list[Any]:
        return [one for one in view[name] if one["by"] == person and one["round"] == number]

    declared, voted = own("declarations"), own("votes")
    return {"declaration": declared[-1] if declared else None, "vote": voted[0] if voted else None}


def _duties(call: Visitor, screen: Screen) -> list[Any]:
    """Return what policy refers to the committee, or obliges to, in the viewer's words."""
    given = screen.view["request"]["obligations"]
    return explained(call.request, [Reason(one["code"], tuple(map(tuple, one["params"]))) for one in given])
