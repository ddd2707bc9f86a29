from __future__ import annotations

from tests.shape.tree import ROOT, TOP, files, name, python

LONGEST = 500
VAGUE = {"utils", "util", "helpers", "helper", "manager", "base", "core", "common", "misc", "stuff"}
HIDDEN = {".git", ".venv", "var", "build", "dist"}


def test_the_top_of_the_repository_is_a_closed_list() -> None:
    found = {
        p.name
        for p in ROOT.iterdir()
        if not p.name.endswith(("_cache", ".egg-info")) and p.name != ".hypothesis"
    }
    assert found - TOP - HIDDEN == set()


def test_no_file_is_longer_than_500_lines() -> None:
    by_hand = [f for f in files() if not name(f).startswith("docs/reference/")]
    written = [f for f in by_hand if f.suffix in {".py", ".rego", ".sh", ".md", ".yaml", ".yml"}]
    long = {name(f): count for f in written if (count := len(f.read_bytes().splitlines())) > LONGEST}
    assert long == {}


def test_no_name_is_so_vague_that_anything_fits_in_it() -> None:
    parts = {part for f in python("spe", "tests") for part in f.relative_to(ROOT).with_suffix("").parts}
    assert parts & VAGUE == set()


def test_every_folder_of_spe_is_a_package_because_import_contracts_do_not_see_others() -> None:
    folders = {f.parent for f in python("spe")}
    assert sorted(name(folder) for folder in folders if not (folder / "__init__.py").exists()) == []
