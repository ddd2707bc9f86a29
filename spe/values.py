"""Frozen dataclasses to plain data and back, strictly: the one decoder for stored records, YAML and JSON bodies.

Nothing is coerced: an unknown field, a missing one, a wrong type or an over-long text is `Malformed`, and the
message names the path of what is wrong.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from spe.errors import Malformed

T = TypeVar("T")
LONGEST_TEXT = 20_000
LONGEST_LIST = 10_000
LARGEST_INTEGER = 2**53 - 1
DEEPEST = 24


def to_data(value: Any) -> Any:
    """Return `value` as maps, lists, text, numbers and truth values."""
    if is_dataclass(value):
        return {field.name: to_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_data(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_data(item) for item in value]
    return str(value) if isinstance(value, str) else value


def from_data(kind: type[T], data: Any, path: str = "") -> T:
    """Return `data` as a `kind`; raise `Malformed` naming the first path that does not fit."""
    return cast(T, _decode(kind, data, path or kind.__name__))


def _decode(kind: Any, data: Any, path: str) -> Any:  # noqa: PLR0911 - one return a form
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind, data, path)
    if origin is tuple:
        return _tuple(kind, data, path)
    if origin is not None:
        return _plain(data, path) if isinstance(data, Mapping) else _wrong(path, "a map")
    if is_dataclass(kind):
        return _dataclass(kind, data, path)
    if kind is Any or kind is object:
        return _plain(data, path)
    return _scalar(kind, data, path)


def _scalar(kind: Any, data: Any, path: str) -> Any:
    if issubclass(kind, StrEnum):
        return _enum(kind, data, path)
    if issubclass(kind, str):
        return kind(_text(data, path))
    if kind is float and type(data) is int:
        return float(data)
    if type(data) is not kind:
        return _wrong(path, {int: "a whole number", bool: "true or false", float: "a number"}.get(kind, str(kind)))
    if kind is int and abs(data) > LARGEST_INTEGER:
        return _wrong(path, "a smaller number")
    return data


def _text(data: Any, path: str) -> str:
    if not isinstance(data, str):
        return _wrong(path, "text")
    if len(data) > LONGEST_TEXT:
        return _wrong(path, f"at most {LONGEST_TEXT} characters")
    if any((ord(char) < 32 and char not in "\n\t") or 0xD800 <= ord(char) <= 0xDFFF for char in data):  # noqa: PLR2004
        return _wrong(path, "text without control characters")
    return data


def _enum(kind: type[StrEnum], data: Any, path: str) -> StrEnum:
    try:
        return kind(data)
    except ValueError:
        return _wrong(path, "one of " + ", ".join(kind))


def _optional(kind: Any, data: Any, path: str) -> Any:
    if data is None:
        return None
    inner = [option for option in get_args(kind) if option is not types.NoneType]
    return _decode(inner[0], data, path)


def _tuple(kind: Any, data: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)) or len(data) > LONGEST_LIST:
        return _wrong(path, "a list")
    inner = get_args(kind)
    if inner[-1] is Ellipsis:
        return tuple(_decode(inner[0], item, f"{path}[{at}]") for at, item in enumerate(data))
    if len(inner) != len(data):
        return _wrong(path, f"a list of {len(inner)}")
    return tuple(_decode(each, item, f"{path}[{at}]") for at, (each, item) in enumerate(zip(inner, data, strict=True)))


def _plain(data: Any, path: str, depth: int = 0) -> Any:
    if depth > DEEPEST:
        return _wrong(path, "less deeply nested")
    if isinstance(data, Mapping):
        return {_text(key, path): _plain(item, f"{path}.{key}", depth + 1) for key, item in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(item, f"{path}[{at}]", depth + 1) for at, item in enumerate(data)]
    if isinstance(data, str):
        return _text(data, path)
    return data if data is None or isinstance(data, (bool, int, float)) else _wrong(path, "plain data")


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar}


def _dataclass(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, Mapping):
        return _wrong(path, "a map of fields")
    hints = _hints(kind)
    for name in data:
        if name not in hints:
            raise Malformed(f"{path}: there is no field called {str(name)[:60]!r}")
    required = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    for name in sorted(required - set(data)):
        raise Malformed(f"{path}.{name}: is missing")
    return kind(**{name: _decode(hints[name], item, f"{path}.{name}") for name, item in data.items()})


def _wrong(path: str, wanted: str) -> NoReturn:
    raise Malformed(f"{path}: must be {wanted}")
