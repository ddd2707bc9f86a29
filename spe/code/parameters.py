"""Parameters of a run: numbers, dates or enumerated values within what was approved, in one JSON file."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date

from spe.code.model import Parameter, ParameterType
from spe.crypto import canonical
from spe.errors import Malformed

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,12})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CHOICE = re.compile(r"[A-Za-z0-9_.+-]{1,40}")
_MOST = 50


def check_parameters(parameters: tuple[Parameter, ...]) -> None:
    """Raise `Malformed` unless every declaration is closed: a range with both ends, or a list of choices."""
    names = [parameter.name for parameter in parameters]
    if len(names) > _MOST or len(set(names)) != len(names):
        raise Malformed(f"parameters: at most {_MOST}, each name once")
    for parameter in parameters:
        where = f"parameters.{parameter.name[:40]}"
        if not _NAME.fullmatch(parameter.name):
            raise Malformed(f"{where}: a name has small letters, digits and underscores")
        if parameter.type is ParameterType.CHOICE:
            if not parameter.choices or not all(_CHOICE.fullmatch(choice) for choice in parameter.choices):
                raise Malformed(f"{where}.choices: plain words, at least one")
        elif not _reads(parameter, parameter.low) <= _reads(parameter, parameter.high):
            raise Malformed(f"{where}: low must not be above high")


def admit(parameters: tuple[Parameter, ...], given: Mapping[str, str]) -> bytes:
    """Return the parameters file; raise `Malformed` for a missing, unknown or out-of-range value."""
    declared = {parameter.name: parameter for parameter in parameters}
    if set(given) != set(declared):
        raise Malformed("parameters: exactly the declared ones: " + (", ".join(sorted(declared)) or "none"))
    return canonical.encode({name: _admitted(declared[name], value) for name, value in given.items()})


def _admitted(parameter: Parameter, text: str) -> str | int | float:
    if parameter.type is ParameterType.CHOICE:
        if text not in parameter.choices:
            raise Malformed(f"parameters.{parameter.name}: one of {', '.join(parameter.choices)}")
        return text
    value = _reads(parameter, text)
    if not _reads(parameter, parameter.low) <= value <= _reads(parameter, parameter.high):
        raise Malformed(f"parameters.{parameter.name}: between {parameter.low} and {parameter.high}")
    if parameter.type is ParameterType.DATE:
        return date.fromordinal(int(value)).isoformat()
    return int(value) if parameter.type is ParameterType.INTEGER else value


def _reads(parameter: Parameter, text: str) -> float:
    try:
        if parameter.type is ParameterType.DATE:
            if not _DATE.fullmatch(text):
                raise ValueError  # noqa: TRY301
            return date.fromisoformat(text).toordinal()
        if not _NUMBER.fullmatch(text) or (parameter.type is ParameterType.INTEGER and "." in text):
            raise ValueError  # noqa: TRY301 - one message for all of them
        value = float(text)
    except (ValueError, OverflowError):
        raise Malformed(f"parameters.{parameter.name}: is not {parameter.type}") from None
    if not math.isfinite(value) or abs(value) > 2**53:
        raise Malformed(f"parameters.{parameter.name}: is out of any range")
    return value
