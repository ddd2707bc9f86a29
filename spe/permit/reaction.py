"""What policy says a holder of data must do on a fact, as a closed value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spe.audit.receipts import Happened
from spe.errors import Malformed
from spe.identity.model import WORKER
from spe.permit.model import DataPermit
from spe.permit.questions import reaction
from spe.policy.enforce import Enforcer


@dataclass(frozen=True, slots=True)
class ReactionProfile:
    """Stop running use, hold pending outputs, rebuild the cohort: each or none."""

    stop_runs: bool
    hold_outputs: bool
    rebuild: bool

    @classmethod
    def parse(cls, profile: Mapping[str, Any]) -> ReactionProfile:
        """Read policy's profile strictly; raise `Malformed` for any other shape."""
        answers = {name: value for name, value in profile.items() if name != "version"}
        known = {"stop_runs", "hold_outputs", "rebuild"}
        if (
            profile.get("version") != 1
            or set(answers) != known
            or not all(type(one) is bool for one in answers.values())
        ):
            raise Malformed("the reaction profile has an unknown form")
        return cls(**answers)


def demanded(pep: Enforcer, fact: Happened, permit_id: str, site: str, about: str) -> ReactionProfile:
    """Return what policy demands of `about`, which is held under a permit at `site`, now that `fact` happened."""
    permit = pep.load(WORKER.who(), DataPermit, permit_id).value
    question = reaction(WORKER, fact, permit, site, pep.now())
    return ReactionProfile.parse(pep.admit(WORKER.who(), question, about).profile)
