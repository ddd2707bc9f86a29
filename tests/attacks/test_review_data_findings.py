"""What a data user reads of the machine's findings is an output too: it must carry nothing of one person."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from spe.code.layout import cell_labels
from spe.code.layout_parse import parse_layout
from spe.identity.model import Role
from spe.output.canonical import _facts
from spe.output.checks.assess import Verdict, check_output, for_data_user
from spe.output.checks.finding import Profile
from spe.output.recompute.facts import file_facts
from spe.output.recompute.plan import Measure, Other
from spe.output.recompute.tally import Sums
from spe.output.service import OutputDesk
from spe.output.support import Cell, FileFacts, Measured, Support
from tests.attacks.test_review_access_world import desk
from tests.fakes import someone
from tests.unit.policy.good_questions import PERMIT, ROSA

PROFILE = Profile("2026-11", 10, 0.5, 0.75, 10.0, 0.9, 0.2, 64, 4)
OTHER = parse_layout({"name": "o", "kind": "other", "file": "o.csv", "media_type": "text/csv"})
SUM = parse_layout(
    {
        "name": "t", "kind": "sum", "file": "t.csv",
        "dimensions": [{"field": "age", "cuts": [47, 48]}],
        "measure": {"field": "relapse", "low": 0, "high": 1},
    }
)  # fmt: skip


def cell(label: str, values: list[int]) -> Cell:
    sums = Sums()
    for value in values:
        sums.add(Decimal(value), Measure("relapse", Decimal(0), Decimal(1), 2))
    first, second = sums.largest
    measured = Measured(
        sums.total,
        sums.absolute,
        (first, second),
        sums.nonzero,
        sums.at_low,
        sums.at_high,
        sums.lowest,
        sums.highest,
    )
    return Cell((label,), len(values), measured=measured)


def told(values: list[int]) -> set[tuple[str, tuple[str, ...]]]:
    """What the data user reads when the people of 47 years have `values`."""
    crowd = [0, 1] * 20
    cells = [cell(label, values if label == "47-<48" else crowd) for (label,) in cell_labels(SUM)]
    support = Support("t", 80 + len(values), 0, tuple(cells))
    assessed = check_output(SUM, support, None, PROFILE)
    return {(finding.code.value, finding.cell) for finding in for_data_user(assessed)}


def test_nobody_and_somebody_look_the_same_in_a_sum_s_findings() -> None:
    assert told([]) == told([0])


def test_one_person_s_value_is_not_told_by_which_rule_stops_their_cell() -> None:
    assert told([0]) == told([1])


def test_two_people_who_agree_look_like_two_who_do_not() -> None:
    assert told([0, 0]) == told([0, 1])


def facts_of(tmp_path: Path, content: bytes | None) -> FileFacts:
    path = tmp_path / "o.csv"
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    return _facts(file_facts(path, Other("o", "o.csv", 1 << 20), {"1", "2"}), OTHER, 229)


def test_a_program_can_t_signal_by_what_is_wrong_with_its_file(tmp_path: Path) -> None:
    # eight files, eight answers: three bits a file, at most twenty files a run, and no person in between
    words = b"," + b"x" * 70
    contents = [
        None,
        b"\x00",
        b"a,b\n5,6\n",
        b"a,b\n1,6\n",
        b"a,b\n5" + words + b"\n",
        b"a,b\n1" + words + b"\n",
        b"a,b\n" + b"".join(b"%d,7\n" % at for at in range(100, 200)),
        b"a,b\n" + b"".join(b"%d,7\n" % at for at in range(100)),
    ]
    heard = set()
    for content in contents:
        assessed = check_output(OTHER, None, facts_of(tmp_path, content), PROFILE)
        heard.add((assessed.verdict, tuple(sorted({one.code for one in for_data_user(assessed)}))))
    assert len(heard) <= 2, f"{len(heard)} answers to tell apart"


def test_rows_turned_on_their_side_are_still_rows(tmp_path: Path) -> None:
    # 115 people as columns of eight numbers each
    head = ",".join(f"p{at}" for at in range(115))
    lines = [",".join(str(at * 8 + row + 1000) for at in range(115)) for row in range(8)]
    assessed = check_output(OTHER, None, facts_of(tmp_path, "\n".join([head, *lines]).encode()), PROFILE)
    assert assessed.verdict is Verdict.STOP


def test_a_checker_who_is_one_of_the_project_s_users_sees_what_its_users_see() -> None:
    # findings for checkers repeat chosen cells; the reading table keeps them (`exact`) to independent checkers
    outputs = OutputDesk(desk(PERMIT).pep, None)  # type: ignore[arg-type]
    both = replace(ROSA, roles=(Role.DATA_USER, Role.OUTPUT_CHECKER))
    assert outputs._viewer(both, PERMIT) == ""
    assert outputs._viewer(replace(ROSA, roles=(Role.OUTPUT_CHECKER,)), PERMIT) == ""
    assert (
        outputs._viewer(someone("clara.neri", Role.OUTPUT_CHECKER, organisation="office-2"), PERMIT)
        == "clara.neri"
    )
