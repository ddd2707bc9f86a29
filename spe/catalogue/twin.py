"""A synthetic twin of a dataset: made from its codebook alone, so that it can say nothing of anybody."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from spe.catalogue.variables import Missingness, Variable, VariableType

_MISSING_SHARE = {
    Missingness.NONE: 0.0,
    Missingness.UNDER_5: 0.025,
    Missingness.UNDER_20: 0.125,
    Missingness.OVER_20: 0.3,
}
_DECIMALS = 3


def make_twin(variables: Sequence[Variable], subject_field: str, rows: int, seed: int) -> Iterator[bytes]:
    """Yield a CSV file line by line: header, then `rows` made-up people, the same for the same seed.

    Every value is drawn alone and evenly from what the codebook allows; missing values come as often as their band's
    middle. Nothing that is related in the data is related in the twin.
    """
    columns = [variable for variable in variables if variable.name != subject_field]
    yield _line([subject_field, *(variable.name for variable in columns)])
    # Made-up values: their randomness protects nothing, but the same seed must give the same twin.
    dice = random.Random(seed)  # noqa: S311
    for number in range(1, rows + 1):
        yield _line([f"twin-{number:06d}", *(_value(variable, dice) for variable in columns)])


def _value(variable: Variable, dice: random.Random) -> str:
    if dice.random() < _MISSING_SHARE[variable.missing]:
        return ""
    if variable.type is VariableType.CATEGORY:
        return dice.choice(variable.categories) if variable.categories else ""
    low = 0.0 if variable.low is None else variable.low
    high = low + 1 if variable.high is None else variable.high
    if variable.type is VariableType.INTEGER:
        return str(dice.randint(int(low), int(high)))
    return f"{min(max(round(dice.uniform(low, high), _DECIMALS), low), high):g}"


def _line(values: Sequence[str]) -> bytes:
    return (",".join(_quoted(value) for value in values) + "\n").encode("utf-8")


def _quoted(value: str) -> str:
    if any(sign in value for sign in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value
