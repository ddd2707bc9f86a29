"""Frozen dataclasses to plain data and back, strictly: the one decoder for stored records, YAML and JSON bodies.

Nothing is coerced: an unknown field, a missing one, a wrong type or an over-long text is `Malformed`, and the
message names the path of what is wrong.
"""

from __future__ import annotations

import math
import re
import types
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from spe.errors import Malformed

T = TypeVar("T")
LONGEST_TEXT = 20_000
LONGEST_LIST = 10_000
LARGEST_INTEGER = 2**53 - 1
DEEPEST = 24
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_NAME = 60
_BLANK = frozenset("\u115f\u1160\u3164\uffa0")


def to_data(value: Any) -> Any:
    """Return `value` as maps, lists, text, numbers and truth values."""
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [to_data(item) for item in value]
    if is_dataclass(value):
        return {name: to_data(getattr(value, name)) for name in _names(value.__class__)}
    if isinstance(value, (dict, Mapping)):
        return {key: to_data(item) for key, item in value.items()}
    return value


def from_data(kind: type[T], data: Any, path: str = "") -> T:
    """Return `data` as a `kind`; raise `Malformed` naming the first path that does not fit."""
    return cast(T, _FROM_OUTSIDE.decode(kind, data, path or kind.__name__))


def from_stored(kind: type[T], data: Any) -> T:
    """Return what we wrote ourselves as a `kind`: as strict, but signed statements are longer than what people send."""
    return cast(T, _FROM_OURSELVES.decode(kind, data, kind.__name__))


def plain_stored(data: Any) -> Mapping[str, Any]:
    """Return our own map of plain data with text as keys; raise `Malformed` for anything else in it."""
    return cast(Mapping[str, Any], _FROM_OURSELVES.decode(Mapping[str, Any], data, "data"))


@dataclass(frozen=True, slots=True)
class _Decoder:
    """Decodes texts and lists up to these lengths."""

    longest_text: int
    longest_list: int

    def decode(self, kind: Any, data: Any, path: str) -> Any:
        return self._way(kind)(self, kind, data, path)

    @staticmethod
    @cache
    def _way(kind: Any) -> Callable[[_Decoder, Any, Any, str], Any]:
        """Return how a kind is decoded: to find that out takes longer than to do it, so it is found out once."""
        origin = get_origin(kind)
        if origin is not None:
            several = {Union: _Decoder._optional, types.UnionType: _Decoder._optional, tuple: _Decoder._tuple}
            return several.get(origin, _Decoder._mapping)
        if is_dataclass(kind):
            return _Decoder._dataclass
        if kind is Any or kind is object:
            return _Decoder._any
        if issubclass(kind, StrEnum):
            return _Decoder._enum
        return _Decoder._named if issubclass(kind, str) else _Decoder._scalar

    def _any(self, _kind: Any, data: Any, path: str) -> Any:
        return self._plain(data, path)

    def _enum(self, kind: type[StrEnum], data: Any, path: str) -> StrEnum:
        if not isinstance(data, str) or data not in kind._value2member_map_:
            return _wrong(path, "one of " + ", ".join(kind))
        return kind(data)

    def _named(self, kind: type[str], data: Any, path: str) -> str:
        return kind(self._text(data, path))

    def _scalar(self, kind: Any, data: Any, path: str) -> Any:
        if kind is float and type(data) is int:
            return float(_number(data, path))
        if type(data) is not kind:
            named = {int: "a whole number", bool: "true or false", float: "a number"}
            return _wrong(path, named.get(kind, str(kind)))
        return _number(data, path)

    def _text(self, data: Any, path: str) -> str:
        if not isinstance(data, str):
            return _wrong(path, "text")
        if len(data) > self.longest_text:
            return _wrong(path, f"at most {self.longest_text} characters")
        if _CONTROL.search(data) is not None:
            return _wrong(path, "text without control characters")
        return str(data)

    def _optional(self, kind: Any, data: Any, path: str) -> Any:
        if data is None:
            return None
        inner = [option for option in get_args(kind) if option is not types.NoneType]
        return self.decode(inner[0], data, path)

    def _tuple(self, kind: Any, data: Any, path: str) -> tuple[Any, ...]:
        items, inner = self._list(data, path), get_args(kind)
        kinds = [inner[0]] * len(items) if inner[-1] is Ellipsis else list(inner)
        if len(kinds) != len(items):
            return _wrong(path, f"a list of {len(kinds)}")
        return tuple(
            self.decode(each, item, f"{path}[{at}]")
            for at, (each, item) in enumerate(zip(kinds, items, strict=True))
        )

    def _mapping(self, kind: Any, data: Any, path: str) -> dict[str, Any]:
        kind = get_args(kind)[1]
        if not isinstance(data, Mapping) or len(data) > self.longest_list:
            return _wrong(path, "a map")
        decode = self._plain if kind is Any or kind is object else self._typed(kind)
        return {self._text(key, path): decode(item, _below(path, key)) for key, item in data.items()}

    def _typed(self, kind: Any) -> Any:
        return lambda item, path: self.decode(kind, item, path)

    def _list(self, data: Any, path: str) -> list[Any] | tuple[Any, ...]:
        if not isinstance(data, (list, tuple)) or len(data) > self.longest_list:
            return _wrong(path, "a list")
        return data

    def _plain(self, data: Any, path: str, depth: int = 1) -> Any:
        if depth > DEEPEST:
            return _wrong(path, "less deeply nested")
        if isinstance(data, Mapping):
            if len(data) > self.longest_list:
                return _wrong(path, "a smaller map")
            return {
                self._text(key, path): self._plain(item, _below(path, key), depth + 1)
                for key, item in data.items()
            }
        if isinstance(data, (list, tuple)):
            items = enumerate(self._list(data, path))
            return [self._plain(item, f"{path}[{at}]", depth + 1) for at, item in items]
        if isinstance(data, str):
            return self._text(data, path)
        return data if data is None else _number(data, path)

    def _dataclass(self, kind: Any, data: Any, path: str) -> Any:
        if not isinstance(data, Mapping):
            return _wrong(path, "a map of fields")
        hints = _hints(kind)
        for name in data:
            if name not in hints:
                raise Malformed(f"{path}: there is no field called {str(name)[:_LONGEST_NAME]!r}")
        for name in _required(kind):
            if name not in data:
                raise Malformed(f"{path}.{name}: is missing")
        return kind(**{name: self.decode(hints[name], item, f"{path}.{name}") for name, item in data.items()})


def _number(data: Any, path: str) -> bool | int | float:
    if isinstance(data, bool):
        return data
    if not isinstance(data, (int, float)):
        return _wrong(path, "plain data")
    if isinstance(data, float) and not math.isfinite(data):
        return _wrong(path, "a finite number")
    if isinstance(data, int) and abs(data) > LARGEST_INTEGER:
        return _wrong(path, "a smaller number")
    return data


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar}


@cache
def _required(kind: Any) -> tuple[str, ...]:
    wanted = (one for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING)
    return tuple(sorted(one.name for one in wanted))


def _below(path: str, key: str) -> str:
    return f"{path}.{key[:_LONGEST_NAME]}"


def _wrong(path: str, wanted: str) -> NoReturn:
    raise Malformed(f"{path}: must be {wanted}")


_FROM_OUTSIDE = _Decoder(LONGEST_TEXT, LONGEST_LIST)
_FROM_OURSELVES = _Decoder(1 << 24, 1_000_000)


def says_something(text: str) -> bool:
    """Say whether `text` holds a letter or a digit that can be seen: blanks, signs and invisible letters say nothing."""
    normal = unicodedata.normalize("NFKC", text)
    return any(unicodedata.category(letter)[0] in "LN" and letter not in _BLANK for letter in normal)
