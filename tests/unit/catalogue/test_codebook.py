from __future__ import annotations

from dataclasses import replace

import pytest

from spe.catalogue.codebook import read_rows
from spe.catalogue.variables import Missingness
from spe.errors import Malformed
from tests.unit.policy.good_questions import DATASET


@pytest.mark.parametrize("missing", list(Missingness))
def test_a_value_is_missing_only_where_the_codebook_says_so(missing: Missingness) -> None:
    variable = replace(DATASET.variables[-1], missing=missing)
    dataset = replace(DATASET, variables=(DATASET.variables[0], variable))
    content = f"{DATASET.variables[0].name},{variable.name}\n{_value(dataset.variables[0])},\n".encode()
    if missing is Missingness.NONE:
        with pytest.raises(Malformed, match=variable.name):
            list(read_rows([content], dataset))
    else:
        assert [row[variable.name] for row in read_rows([content], dataset)] == [""]


def _value(variable: object) -> str:
    categories = getattr(variable, "categories", ())
    return str(categories[0]) if categories else str(int(getattr(variable, "low", 0) or 0))
