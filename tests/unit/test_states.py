from __future__ import annotations

from enum import StrEnum

import pytest

from spe.errors import NotNow
from spe.states import diagram, step


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"


class Act(StrEnum):
    CLOSE = "close"
    OPEN = "open"


TABLE = {(Door.OPEN, Act.CLOSE): Door.SHUT}


def test_a_row_leads_on() -> None:
    assert step(TABLE, Door.OPEN, Act.CLOSE) is Door.SHUT


def test_what_has_no_row_is_refused_and_says_why() -> None:
    with pytest.raises(NotNow, match="open is not possible while the status is shut"):
        step(TABLE, Door.SHUT, Act.OPEN)


def test_a_diagram_has_a_line_for_each_row() -> None:
    assert diagram(TABLE) == "stateDiagram-v2\n    open --> shut: close\n"
