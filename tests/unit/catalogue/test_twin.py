from __future__ import annotations

import csv

from spe.catalogue.twin import make_twin
from spe.catalogue.variables import Missingness, Variable, VariableGroup, VariableType

CODEBOOK = (
    Variable("subject", "pseudonym", VariableType.CATEGORY, VariableGroup.CLINICAL),
    Variable("grade", "tumour grade", VariableType.CATEGORY, VariableGroup.CLINICAL, ("I", 'II, "late"')),
    Variable(
        "age",
        "age",
        VariableType.INTEGER,
        VariableGroup.CLINICAL,
        low=18,
        high=100,
        missing=Missingness.OVER_20,
    ),
    Variable("size", "size", VariableType.NUMBER, VariableGroup.CLINICAL, low=0.5, high=0.75),
)


def test_a_twin_holds_what_the_codebook_allows_and_nothing_else() -> None:
    text = b"".join(make_twin(CODEBOOK, "subject", 500, seed=1)).decode()
    rows = list(csv.DictReader(text.splitlines()))
    assert len({row["subject"] for row in rows}) == 500
    assert {row["grade"] for row in rows} == {"I", 'II, "late"'}
    ages = [row["age"] for row in rows]
    assert 0.2 < ages.count("") / 500 < 0.4
    assert all(18 <= int(age) <= 100 for age in ages if age)
    assert all(0.5 <= float(row["size"]) <= 0.75 for row in rows)


def test_the_same_seed_gives_the_same_twin_and_another_seed_another() -> None:
    first, again, other = (list(make_twin(CODEBOOK, "subject", 20, seed)) for seed in (1, 1, 2))
    assert first == again != other
