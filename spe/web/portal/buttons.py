"""A button knows whether it would do something, by the very verdict that sending would face, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from spe.policy.enforce import STEP_UP
from spe.policy.messages import Explanation
from spe.policy.model import Verdict
from spe.web.portal.page import explained


@dataclass(frozen=True, slots=True)
class Button:
    """`name` says which act; where it is not allowed `reasons` say why. `confirms`: who presses it proves who they are."""

    name: str
    allowed: bool
    reasons: tuple[Explanation, ...] = ()
    confirms: bool = False


def button(request: Request, name: str, verdict: Verdict) -> Button:
    """Return the button of an act on which policy was asked; what signing in anew would mend does not disable it."""
    missing = [reason for reason in verdict.reasons if reason.code != STEP_UP]
    confirms = len(missing) < len(verdict.reasons)
    allowed = verdict.allow or (confirms and not missing)
    return Button(name, allowed, tuple(explained(request, missing)), confirms)
