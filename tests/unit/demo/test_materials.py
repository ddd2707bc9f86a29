"""What people bring to the tour is what the stages' own decoders take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spe.catalogue.codebook import Count, count
from spe.catalogue.model import Dataset
from spe.catalogue.rules import fit_to_register
from spe.cli.files import read_project, read_value
from spe.code.layout_check import check_layout
from spe.code.layout_parse import parse_layouts
from spe.code.upload import Upload, check_files
from spe.consent.lines import read_lines
from spe.demo.hospitals import one_directive
from spe.demo.materials import Materials, write_figures_materials, write_materials
from spe.request.model import Application
from spe.values import from_data

NOW = 1_800_000_000
DRAFTS = ("request", "request-ehds", "advertising", "no-article-9", "lung-cancer", "beyond-purpose")


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Materials:
    return write_materials(tmp_path_factory.mktemp("tour") / "materials")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Materials:
    return write_figures_materials(tmp_path_factory.mktemp("figures") / "materials")


def test_gbsg2_is_split_by_row_into_three_blocks_and_nobody_is_in_two(materials: Materials) -> None:
    assert [len(one.rows) for one in materials.hospitals] == [229, 229, 228]
    subjects = [subject for one in materials.hospitals for subject in one.subjects]
    assert len(set(subjects)) == 686


def test_entries_are_fit_to_register_and_rows_fit_their_codebook(materials: Materials) -> None:
    for name in materials.entries:
        entry = from_data(Dataset, read_value(Dataset, materials.path(f"{name}.yaml")))
        fit_to_register(entry)
        rows = materials.path(f"{name}.csv")
        if rows.exists():
            counted = Count()
            assert b"".join(count([rows.read_bytes()], entry, counted)) == rows.read_bytes()
            assert len(counted.subjects) in {228, 229, 569}


@pytest.mark.parametrize("draft", DRAFTS)
def test_drafts_are_whole_applications(materials: Materials, draft: str) -> None:
    application = from_data(Application, read_value(Application, materials.path(f"{draft}.yaml")))
    known = {
        name: {one["name"] for one in entry.get("variables", [])} for name, entry in materials.entries.items()
    }
    assert all(
        {one.name for one in wanted.variables} <= known[wanted.dataset] for wanted in application.datasets
    )


@pytest.mark.parametrize("city", ["milano", "berlin", "madrid"])
def test_five_lines_of_each_directives_file_are_refused_each_for_its_own_reason(
    materials: Materials, city: str
) -> None:
    taken, refused = read_lines(materials.path(f"directives-{city}.csv").read_text(), NOW)
    assert len({one.reason for one in refused}) == len(refused) == 5
    hospital = next(one for one in materials.hospitals if one.city.lower() == city)
    assert len(taken) == len(hospital.rows) - len(hospital.never_consented) + len(hospital.withdrawn) + len(
        hospital.opted_out
    )


def test_a_directive_of_now_can_be_taken_at_once() -> None:
    taken, refused = read_lines(one_directive("mi-1", "withdrawal").decode(), NOW)
    assert ([line.subject for line in taken], refused) == (["mi-1"], ())


@pytest.mark.parametrize("project", ["events", "failing", "hostile", "leaky", "survival"])
def test_projects_declare_layouts_that_the_codebook_covers(materials: Materials, project: str) -> None:
    _fits(materials, materials.path(project))


@pytest.mark.parametrize("project", ["survival", "steps"])
def test_the_projects_of_the_figures_do_too(figures: Materials, project: str) -> None:
    _fits(figures, figures.path(project))


def test_the_figures_pool_all_patients_at_one_holder(figures: Materials) -> None:
    assert [len(one.rows) for one in figures.hospitals] == [686, 229, 229, 228]


def test_no_template_keeps_a_place_that_was_not_filled(materials: Materials) -> None:
    texts = [path for path in materials.folder.rglob("*") if path.suffix in {".yaml", ".txt"}]
    assert [path.name for path in texts if re.search(r"\$[a-z_]+", path.read_text())] == []


def _fits(materials: Materials, folder: Path) -> None:
    upload = from_data(Upload, read_project(folder))
    check_files(upload)
    dataset = materials.hospitals[0].dataset
    entry = from_data(Dataset, read_value(Dataset, materials.path(f"{dataset}.yaml")))
    assert [check_layout(layout, entry.variables) for layout in parse_layouts(upload.outputs)] == [()] * len(
        upload.outputs
    )
