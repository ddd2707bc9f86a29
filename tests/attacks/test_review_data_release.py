"""What leaves with a release is what was approved: no file pushed aside, no directive overtaken, no busy worker."""

from __future__ import annotations

import random
import time

import pytest

from spe.catalogue.codebook import Count, count
from spe.catalogue.model import Dataset, DatasetKind, Identifiability
from spe.catalogue.variables import Missingness, Variable, VariableGroup, VariableType
from spe.code.layout import cell_count, cell_labels
from spe.code.layout_parse import parse_layout
from spe.code.model import Parameter, ParameterType
from spe.code.parameters import admit, check_parameters
from spe.code.upload import Ground, Upload, UploadedFile, make_manifest
from spe.cohort.extract import extract
from spe.errors import Malformed
from spe.output.checks.finding import Profile
from spe.output.fix import suggest
from spe.output.support import Cell, Support

PROFILE = Profile("2026-11", 10, 0.5, 0.75, 10.0, 0.9, 0.2, 64, 4)
X = Variable("x", "x", VariableType.CATEGORY, VariableGroup.CLINICAL, ("0", "1"))
GROUND = Ground("0" * 64, "1" * 64, lambda entry: ("/usr/bin/python3", entry), (), ())


@pytest.mark.parametrize("name", ["data-dictionary.csv", "methods.json", "release.json"])
def test_an_output_can_t_have_the_name_of_a_part_of_the_release(name: str) -> None:
    kind = {"kind": "count", "dimensions": [{"field": "x", "map": {"0": "no", "1": "yes"}}]}
    if name.endswith(".json"):
        kind = {"kind": "other", "media_type": "application/json"}
    upload = Upload(
        "t", "main.py", (UploadedFile("main.py", ""),), (), ({"name": "t", "file": name, **kind},)
    )
    with pytest.raises(Malformed):
        make_manifest(upload, GROUND, (X,))


@pytest.mark.parametrize("text", ["9" * 400, "-" + "9" * 4000])
def test_an_integer_beyond_floating_point_is_malformed(text: str) -> None:
    declared = (Parameter("n", ParameterType.INTEGER, "1", "6"),)
    with pytest.raises(Malformed):
        admit(declared, {"n": text})
    with pytest.raises(Malformed):
        check_parameters((Parameter("n", ParameterType.INTEGER, "1", text),))


@pytest.mark.parametrize("content", [b"P1,\n", b"P1,1_0\n", b"P1,1e-35\n", b"P1," + b"0" * 50 + b"5\n"])
def test_delivery_admits_no_value_that_the_recomputation_leaves_out(content: bytes) -> None:
    dataset = Dataset(
        id="d", holder="h", organisation="o", title="t", description="d", country="IT", kind=DatasetKind.TABLE,
        identifiability=Identifiability.PSEUDONYMISED, duo=(), purposes=("e",), subject_field="pid",
        variables=(
            Variable("pid", "p", VariableType.CATEGORY, VariableGroup.SUBJECT),
            Variable("y", "y", VariableType.NUMBER, VariableGroup.CLINICAL, low=0, high=100, missing=Missingness.NONE),
        ),
    )  # fmt: skip
    with pytest.raises(Malformed):
        b"".join(count([b"pid,y\n" + content], dataset, Count()))


def test_the_order_of_a_cohort_can_t_be_turned_back_into_the_file_s() -> None:
    # the code knows how many rows there are, and the seed is public: it shuffles positions and reads who came where
    rows = [{"pid": f"P{at}", "x": str(at)} for at in range(200)]
    table = extract(rows, "pid", frozenset(row["pid"] for row in rows), ("x",), bytes(32))[1:]
    positions = list(range(200))
    random.Random(0).shuffle(positions)
    guessed = [positions[at] for at in range(200)]
    assert [int(cells[1]) for cells in table] != guessed


def test_a_fix_is_looked_for_within_seconds() -> None:
    # the worker looks for it between two ticks: until it is done nobody's withdrawal or revocation is acted on
    fields = [{"field": name, "cuts": list(range(1, 5))} for name in "abcd"]
    layout = parse_layout({"name": "t", "kind": "count", "file": "t.csv", "dimensions": fields})
    dice = random.Random(1)
    cells = tuple(Cell(labels, dice.choice((0, 1, 3))) for labels in cell_labels(layout))
    assert cell_count(layout) == 625
    began = time.monotonic()
    suggest(layout, Support("t", 0, 0, cells), PROFILE)
    spent = time.monotonic() - began
    assert spent < 1, f"{spent:.1f} s for 625 cells; one of the 20 tables of a run may have 10,000"
