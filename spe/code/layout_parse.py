"""Layouts read strictly from mappings that YAML or JSON gave: every refusal names the path."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NoReturn

from spe.code.layout import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_DIMENSIONS,
    MAX_OUTPUTS,
    MEDIA_TYPES,
    VALUE_COLUMNS,
    Dimension,
    Group,
    Kind,
    Layout,
    Measure,
    Survival,
    cell_count,
)
from spe.errors import Malformed

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,58}\.(csv|json)")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}")
_LABEL = re.compile(r"[\w<>≥≤][\w<>≥≤ .+=/()–-]{0,39}")
_VALUE_LIMIT = 100
_SHARED = frozenset({"name", "kind", "file"})
_KIND_KEYS = {
    Kind.COUNT: frozenset({"dimensions"}),
    Kind.SUM: frozenset({"dimensions", "measure"}),
    Kind.MEAN: frozenset({"dimensions", "measure"}),
    Kind.LIFE_TABLE: frozenset({"dimensions", "duration", "event", "grid"}),
    Kind.OTHER: frozenset({"media_type", "max_bytes"}),
}
_EXTENSION = {"text/csv": ".csv", "application/json": ".json"}


def parse_layouts(raw: object, path: str = "outputs") -> tuple[Layout, ...]:
    """Read a code's declared outputs; raises `Malformed` with the path of what is wrong, also for names used twice."""
    items = _list(raw, path, MAX_OUTPUTS)
    layouts = tuple(parse_layout(item, f"{path}[{i}]") for i, item in enumerate(items))
    _distinct([layout.name for layout in layouts], f"{path}.name")
    _distinct([layout.file for layout in layouts], f"{path}.file")
    return layouts


def parse_layout(raw: object, path: str = "output") -> Layout:
    """Read one declared output; raises `Malformed` with the path of what is wrong."""
    mapping = _mapping(raw, path)
    kind = _kind(mapping.get("kind"), f"{path}.kind")
    _only(mapping, _SHARED | _KIND_KEYS[kind], path)
    name = _text(mapping.get("name"), _NAME, f"{path}.name")
    file = _text(mapping.get("file"), _FILE, f"{path}.file")
    if kind is Kind.OTHER:
        return _other(mapping, name, file, path)
    if not file.endswith(".csv"):
        _refuse(f"{path}.file", "a table's file ends in .csv")
    layout = Layout(
        name, kind, file, _dimensions(mapping, kind, path), _measure(mapping, path), _survival(mapping, path)
    )
    if kind in (Kind.SUM, Kind.MEAN) and layout.measure is None:
        _refuse(f"{path}.measure", "is missing")
    if kind is Kind.LIFE_TABLE and layout.survival is None:
        _refuse(f"{path}.duration", "is missing")
    if cell_count(layout) > MAX_CELLS:
        _refuse(path, f"has more than {MAX_CELLS} cells")
    return layout


def _other(mapping: Mapping[str, object], name: str, file: str, path: str) -> Layout:
    media = mapping.get("media_type")
    if media not in MEDIA_TYPES:
        _refuse(f"{path}.media_type", f"is one of {', '.join(MEDIA_TYPES)}")
    if not file.endswith(_EXTENSION[str(media)]):
        _refuse(f"{path}.file", f"ends in {_EXTENSION[str(media)]}")
    size = _integer(mapping.get("max_bytes", MAX_BYTES), 1, MAX_BYTES, f"{path}.max_bytes")
    return Layout(name, Kind.OTHER, file, media_type=str(media), max_bytes=size)


def _dimensions(mapping: Mapping[str, object], kind: Kind, path: str) -> tuple[Dimension, ...]:
    items = _list(mapping.get("dimensions", []), f"{path}.dimensions", MAX_DIMENSIONS, least=0)
    dimensions = tuple(_dimension(item, f"{path}.dimensions[{i}]") for i, item in enumerate(items))
    _distinct(
        [*VALUE_COLUMNS[kind], *(dimension.name for dimension in dimensions)], f"{path}.dimensions.name"
    )
    _distinct([dimension.field for dimension in dimensions], f"{path}.dimensions.field")
    return dimensions


def _dimension(raw: object, path: str) -> Dimension:
    mapping = _mapping(raw, path)
    _only(mapping, frozenset({"field", "name", "map", "groups", "cuts"}), path)
    if sum(key in mapping for key in ("map", "groups", "cuts")) != 1:
        _refuse(path, "has exactly one of map, groups, cuts")
    field = _text(mapping.get("field"), _FIELD, f"{path}.field")
    name = _text(mapping.get("name", field), _NAME, f"{path}.name")
    if "cuts" in mapping:
        return Dimension(field, name, cuts=_rising(mapping["cuts"], f"{path}.cuts"))
    groups = _map(mapping["map"], f"{path}.map") if "map" in mapping else _groups(mapping["groups"], path)
    _distinct([value for group in groups for value in group.values], f"{path}: values")
    return Dimension(field, name, groups)


def _map(raw: object, path: str) -> tuple[Group, ...]:
    collected: dict[str, list[str]] = {}
    if not isinstance(raw, Mapping) or not 1 <= len(raw) <= MAX_CELLS:
        _refuse(path, "is a mapping from values to labels")
    for value, label in raw.items():
        collected.setdefault(_text(_plain(label, path), _LABEL, path), []).append(_plain(value, path))
    return tuple(Group(label, tuple(values)) for label, values in collected.items())


def _groups(raw: object, path: str) -> tuple[Group, ...]:
    groups = []
    for i, item in enumerate(_list(raw, f"{path}.groups", MAX_CELLS)):
        here = f"{path}.groups[{i}]"
        mapping = _mapping(item, here)
        _only(mapping, frozenset({"label", "values"}), here)
        values = _list(mapping.get("values"), f"{here}.values", MAX_CELLS)
        label = _text(mapping.get("label"), _LABEL, f"{here}.label")
        groups.append(Group(label, tuple(_plain(value, f"{here}.values") for value in values)))
    _distinct([group.label for group in groups], f"{path}.groups.label")
    return tuple(groups)


def _measure(mapping: Mapping[str, object], path: str) -> Measure | None:
    if "measure" not in mapping:
        return None
    here = f"{path}.measure"
    raw = _mapping(mapping["measure"], here)
    _only(raw, frozenset({"field", "low", "high", "decimals"}), here)
    low, high = _number(raw.get("low"), f"{here}.low"), _number(raw.get("high"), f"{here}.high")
    if low >= high:
        _refuse(f"{here}.low", "is below high")
    field = _text(raw.get("field"), _FIELD, f"{here}.field")
    return Measure(field, low, high, _integer(raw.get("decimals", 2), 0, 4, f"{here}.decimals"))


def _survival(mapping: Mapping[str, object], path: str) -> Survival | None:
    if not {"duration", "event", "grid"} & mapping.keys():
        return None
    event = _mapping(mapping.get("event"), f"{path}.event")
    _only(event, frozenset({"field", "values"}), f"{path}.event")
    values = _list(event.get("values"), f"{path}.event.values", 100)
    grid = _rising(mapping.get("grid"), f"{path}.grid", least=2)
    if grid[0] < 0:
        _refuse(f"{path}.grid", "starts at 0 or later")
    texts = tuple(_plain(value, f"{path}.event.values") for value in values)
    _distinct(list(texts), f"{path}.event.values")
    duration = _text(mapping.get("duration"), _FIELD, f"{path}.duration")
    return Survival(duration, _text(event.get("field"), _FIELD, f"{path}.event.field"), texts, grid)


def _kind(raw: object, path: str) -> Kind:
    if not isinstance(raw, str) or raw not in set(Kind):
        _refuse(path, f"is one of {', '.join(Kind)}")
    return Kind(raw)


def _mapping(raw: object, path: str) -> Mapping[str, object]:
    if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
        _refuse(path, "is a mapping")
    return raw


def _list(raw: object, path: str, most: int, least: int = 1) -> Sequence[object]:
    if not isinstance(raw, list | tuple) or not least <= len(raw) <= most:
        _refuse(path, f"is a list of {least} to {most}")
    return raw


def _only(mapping: Mapping[str, object], known: frozenset[str], path: str) -> None:
    for key in mapping:
        if key not in known:
            _refuse(f"{path}.{key[:40]}", "is not a field of this kind")


def _text(raw: object, pattern: re.Pattern[str], path: str) -> str:
    if not isinstance(raw, str) or not pattern.fullmatch(raw):
        _refuse(path, f"has the form {pattern.pattern}")
    return raw


def _plain(raw: object, path: str) -> str:
    """A codebook value: text or a whole number. YAML reads a bare yes or no as a truth value."""
    if isinstance(raw, bool):
        _refuse(path, "needs quotes around yes, no, true and false")
    if isinstance(raw, int):
        return str(raw)
    if not isinstance(raw, str) or not 1 <= len(raw) <= _VALUE_LIMIT or not raw.isprintable():
        _refuse(path, f"holds printable values of 1 to {_VALUE_LIMIT} characters")
    return raw


def _number(raw: object, path: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        _refuse(path, "is a number")
    if not -1e12 <= raw <= 1e12 or math.isnan(raw) or round(raw, 6) != raw:
        _refuse(path, "is a number of at most 6 decimals within ±10^12")
    return float(raw)


def _integer(raw: object, low: int, high: int, path: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        _refuse(path, f"is a whole number from {low} to {high}")
    return raw


def _rising(raw: object, path: str, least: int = 1) -> tuple[float, ...]:
    numbers = tuple(_number(item, path) for item in _list(raw, path, MAX_CELLS, least))
    if any(low >= high for low, high in pairwise(numbers)):
        _refuse(path, "rises strictly")
    return numbers


def _distinct(names: list[str], path: str) -> None:
    if len(set(names)) != len(names):
        _refuse(path, "holds no name twice")


def _refuse(path: str, why: str) -> NoReturn:
    raise Malformed(f"{path}: {why}")
