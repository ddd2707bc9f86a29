"""Examples of bodies for the OpenAPI document; values of the very classes, so that they can't go stale unseen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spe.audit.events import StaffRef
from spe.catalogue.model import Identifiability
from spe.decision.model import Conditions, OpinionKind
from spe.output.model import Answer
from spe.request.model import Application, Route, TeamMember, WantedDataset, WantedVariable
from spe.web.views import Decided, Declared, Held, OpinionGiven, Purged, Reviewed, Said, ToErase, Voted

APPLICATION = Application(
    title="Hormone therapy and recurrence of breast cancer",
    lay_summary="We look at how long patients stay free of recurrence with and without hormone therapy.",
    route=Route.CONSORTIUM,
    purpose="e",
    purpose_detail="Scientific research on treatment outcomes, to be published as a methods paper.",
    public_body=True,
    commercial=False,
    uses=("statistics",),
    disease="MONDO:0007254",
    datasets=(WantedDataset("gbsg2-milano", (WantedVariable("horTh", "the treatment that is compared"),)),),
    identifiability=Identifiability.PSEUDONYMISED,
    pseudonymised_why="Follow-up must be linked to the treatment of the same patient.",
    legal_basis="6(1)(e)",
    article_9="9(2)(j)",
    team=(TeamMember(StaffRef("jonas.weber"), "tu-muenchen"),),
    days=90,
    safeguards="All work happens in the secure processing environment; only aggregates leave.",
    tools=("pandas", "lifelines"),
    ethics_reference="EC-2026-041",
    opt_out_exception="",
    publication="Open access, within 18 months.",
)
EXAMPLES: Mapping[type, Any] = {
    Application: APPLICATION,
    OpinionGiven: OpinionGiven(
        OpinionKind.TECHNICAL, favourable=True, text="The variables suffice and are needed."
    ),
    Declared: Declared(conflict=False, text="None."),
    Voted: Voted(favour=True, rationale="The benefit is clear and the risk is small."),
    Decided: Decided(
        True, "Granted for 30 days, aggregates only, because ...", Conditions(30, aggregates_only=True)
    ),
    Held: Held("log", "Court order 12/2026 of the tribunal of Milano."),
    Purged: Purged("2y"),
    ToErase: ToErase("mi-0f3a9c1b2d4e", "b"),
    Said: Said("A code review found that the purpose has changed."),
    Reviewed: Reviewed(
        Answer.APPROVE, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "No small cells."
    ),
}
