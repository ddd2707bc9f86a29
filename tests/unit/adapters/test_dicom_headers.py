from __future__ import annotations

import json
from pathlib import Path

import pydicom.data
import pytest

from spe.adapters.dicom_headers import main, summarise
from spe.errors import NotFound

SHIPPED = Path(pydicom.data.__file__).parent / "test_files"


def test_a_summary_says_what_headers_say_and_names_nobody() -> None:
    summary = summarise(SHIPPED)
    assert {"CT", "MR", "RTPLAN"} <= set(summary.modalities)
    assert summary.files >= summary.studies > 1
    assert "CompressedSamples" not in repr(summary)


def test_identity_counts_as_removed_only_if_every_file_says_so() -> None:
    assert summarise(SHIPPED).identity_removed is False


def test_what_is_no_dicom_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes((SHIPPED / "CT_small.dcm").read_bytes())
    (tmp_path / "b.dcm").write_bytes(b"\x00" * 200)
    assert (summarise(tmp_path).files, summarise(tmp_path).modalities) == (1, ("CT",))


def test_a_folder_without_images_is_not_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotFound):
        summarise(tmp_path)
    assert (main([str(tmp_path)]), main([])) == (10, 2)
    assert capsys.readouterr().out == ""


def test_the_tool_prints_the_summary_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SHIPPED)]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {
        "modalities",
        "body_parts",
        "files",
        "studies",
        "identity_removed",
    }
