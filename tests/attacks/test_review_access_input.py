"""Input that is read as something else than was meant, or that keeps everybody else from being answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spe.adapters.database.engine import migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.policy_point import embedded_point
from spe.catalogue.codebook import read_rows
from spe.catalogue.variables import VariableGroup
from spe.code.upload import Ground, Upload, UploadedFile, make_manifest
from spe.consent.lines import read_lines
from spe.errors import Malformed, SpeError
from spe.output.model import Answer, OutputStatus
from spe.release.service import ReleaseDesk
from spe.request import questions
from spe.request.model import WantedDataset
from tests.attacks.test_review_access_world import desk, tried
from tests.fakes import Covered
from tests.unit.policy.good_questions import APPLICATION, DATASET, NOW, PERMIT, ROSA, given, reviewed

HEAD = "subject,kind,purpose,effective\n"


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_instant_beyond_the_calendar_is_a_refused_line(instant: str) -> None:
    taken, refused = read_lines(f"{HEAD}MI-1,withdrawal,e,{instant}\n", NOW)
    assert (taken, len(refused)) == ((), 1)


@pytest.mark.parametrize("subject", [" MI-0011", "MI-0011 ", " "])
def test_a_withdrawal_under_a_padded_pseudonym_is_not_taken_in_silence(subject: str) -> None:
    taken, refused = read_lines(f"{HEAD}{subject},withdrawal,e,2026-01-01T00:00:00Z\n", NOW)
    assert refused or taken[0].subject == subject.strip()


def test_reading_the_log_after_an_absurd_index_is_an_error_of_ours(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    migrate(engine)
    log = DatabaseLog(engine)
    log.create()
    try:
        assert list(log.entries(10**30)) == []
    except SpeError:
        pass
    finally:
        engine.dispose()


@pytest.mark.parametrize("cell", ["１２", "1_2", " 12", "٣"])
def test_a_whole_number_is_written_in_plain_digits(cell: str) -> None:
    dataset = replace(DATASET, variables=(replace(DATASET.variables[0], high=90.0),))
    with pytest.raises(Malformed):
        list(read_rows([f"{dataset.variables[0].name}\n{cell}\n".encode()], dataset))


@pytest.mark.parametrize("cell", ["", " mi-1", "mi-1 ", "m\u00fc-1", "x" * 65, "a\x1fb"])
def test_a_pseudonym_that_no_directive_could_name_is_not_delivered(cell: str) -> None:
    subject = replace(DATASET.variables[0], name="pid", group=VariableGroup.SUBJECT)
    with pytest.raises(Malformed):
        list(read_rows([f"pid\n{cell}\n".encode()], replace(DATASET, variables=(subject,))))


def test_two_outputs_of_one_file_name_are_not_released_together() -> None:
    passed = (given("carl", Answer.APPROVE), given("clara", Answer.APPROVE))
    first = replace(reviewed(*passed, status=OutputStatus.APPROVED), layout={"file": "table.csv"})
    here = desk(PERMIT, first, replace(first, id="ou-2", name="other"))
    asked = tried(
        lambda: ReleaseDesk(here.pep, None, Covered()).ask(ROSA, "pm-1", "hospital-1", ("ou-1", "ou-2"))  # type: ignore[arg-type]
    )
    assert not asked, "one would replace the other in the zip"


@pytest.mark.parametrize("name", ["release.json", "methods.json", "data-dictionary.csv"])
def test_no_output_is_called_like_a_file_that_a_release_writes_itself(name: str) -> None:
    variables = (replace(DATASET.variables[0]),)
    media = "application/json" if name.endswith("json") else "text/csv"
    output = {"name": "doc", "kind": "other", "file": name, "media_type": media}
    upload = Upload("t", "main.py", (UploadedFile("main.py", "x"),), (), (output,))
    ground = Ground("r", "s", lambda entry: (entry,), (), ())
    with pytest.raises(Malformed, match="file"):
        make_manifest(upload, ground, variables)


def test_one_large_draft_does_not_take_a_policy_engine_from_everybody() -> None:
    many = tuple(WantedDataset(f"d-{number}", ()) for number in range(220))
    question = questions.preflight(ROSA, questions.facts(replace(APPLICATION, datasets=many), {}), NOW)
    point = embedded_point(size=1)
    try:
        assert "policy_unreachable" not in {reason.code for reason in point.ask(question).reasons}
    finally:
        point.close()
