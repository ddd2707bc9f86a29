from __future__ import annotations

from dataclasses import replace

import pytest

from spe.output.model import StoredFinding
from spe.output.rules import shown
from tests.unit.policy.good_questions import reviewed

STOPS = tuple(
    StoredFinding(code, "stop", "everybody", "merge_groups", ("III",), params)
    for code, params in (
        ("below_threshold", (("threshold", "10"),)),
        ("dominated_by_one", (("share", "0.5"),)),
    )
)
LOOK = StoredFinding("differs_from_recomputed", "look", "checkers", "run_again", (), ())


@pytest.mark.parametrize(
    ("kind", "findings", "heard"),
    [
        ("sum", STOPS, [("cell_not_safe", ["III"])]),
        ("mean", STOPS[1:], [("cell_not_safe", ["III"])]),
        ("count", STOPS[:1], [("below_threshold", ["III"])]),
        ("other", STOPS, [("file_refused", [])]),
        ("count", (LOOK,), []),
    ],
)
def test_a_data_user_reads_what_cannot_leave_and_not_by_which_rule(
    kind: str, findings: tuple[StoredFinding, ...], heard: list[object]
) -> None:
    output = replace(reviewed(), layout={"kind": kind}, findings=findings)
    assert [(one["code"], one["cell"]) for one in shown(output, "")["findings"]] == heard
    assert [one["code"] for one in shown(output, "carl")["findings"]] == [one.code for one in findings]
