from __future__ import annotations

from dataclasses import replace

import pytest

from spe.audit.events import StaffRef
from spe.errors import Malformed
from spe.request.model import (
    MOST_DATASETS,
    MOST_TEAM,
    MOST_USES,
    MOST_VARIABLES,
    Application,
    TeamMember,
    WantedDataset,
    WantedVariable,
    check_size,
)
from spe.request.service import RequestDesk
from tests.attacks.test_review_access_world import desk
from tests.unit.policy.good_questions import APPLICATION, ROSA


def wanting(datasets: int, variables: int) -> Application:
    names = tuple(WantedVariable(f"v{number}", "needed") for number in range(variables))
    return replace(APPLICATION, datasets=tuple(WantedDataset(f"d-{one}", names) for one in range(datasets)))


LARGEST = (
    wanting(MOST_DATASETS, 20),
    wanting(3, MOST_VARIABLES),
    replace(APPLICATION, team=(TeamMember(StaffRef("tom"), "uni-b"),) * MOST_TEAM),
    replace(APPLICATION, uses=("analysis",) * MOST_USES),
)
TOO_LARGE = (
    wanting(MOST_DATASETS + 1, 1),
    wanting(1, MOST_VARIABLES + 1),
    wanting(MOST_DATASETS, 21),
    replace(APPLICATION, team=(TeamMember(StaffRef("tom"), "uni-b"),) * (MOST_TEAM + 1)),
    replace(APPLICATION, uses=("analysis",) * (MOST_USES + 1)),
)


@pytest.mark.parametrize("application", LARGEST)
def test_an_application_within_the_bounds_is_read(application: Application) -> None:
    check_size(application)


@pytest.mark.parametrize("application", TOO_LARGE)
def test_a_larger_one_is_refused_before_policy_is_asked(application: Application) -> None:
    here = desk()
    for ask in (RequestDesk(here.pep).preflight, RequestDesk(here.pep).submit):
        with pytest.raises(Malformed, match="at most"):
            ask(ROSA, application)
    assert here.point.asked == []
