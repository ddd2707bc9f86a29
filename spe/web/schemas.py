"""JSON Schemas (2020-12, as OpenAPI 3.1 has them) of the very dataclasses that bodies are decoded to."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias, Union, get_args, get_origin, get_type_hints

from spe.values import LARGEST_INTEGER, LONGEST_LIST, LONGEST_TEXT

Schema: TypeAlias = dict[str, Any]
_PREFIX = "#/components/schemas/"


class Schemas:
    """Collects the schema of every dataclass that is referred to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._kinds: dict[str, type] = {}

    def of(self, kind: Any) -> Schema:
        """Return the schema of `kind`, a reference where it is a dataclass."""
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            return self._optional(kind)
        if origin is tuple:
            return self._list(get_args(kind))
        if is_dataclass(kind) and isinstance(kind, type):
            return self._dataclass(kind)
        if origin is not None or not isinstance(kind, type):
            return {"type": "object"} if origin is not None else {}
        return _scalar(kind)

    def _optional(self, kind: Any) -> Schema:
        return {
            "anyOf": [self.of(one) for one in get_args(kind) if one is not types.NoneType]
            + [{"type": "null"}]
        }

    def _list(self, inner: tuple[Any, ...]) -> Schema:
        if inner[-1] is Ellipsis:
            return {"type": "array", "items": self.of(inner[0]), "maxItems": LONGEST_LIST}
        parts = [self.of(one) for one in inner]
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}

    def _dataclass(self, kind: type) -> Schema:
        if self._kinds.setdefault(kind.__name__, kind) is not kind:
            raise TypeError(f"two schemas would be called {kind.__name__}")
        if kind.__name__ not in self.components:
            self.components[kind.__name__] = {}
            self.components[kind.__name__] = self._object(kind)
        return {"$ref": _PREFIX + kind.__name__}

    def _object(self, kind: Any) -> Schema:
        hints = {
            name: hint for name, hint in get_type_hints(kind).items() if get_origin(hint) is not ClassVar
        }
        required = [
            field.name
            for field in fields(kind)
            if field.default is MISSING and field.default_factory is MISSING
        ]
        return {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").split()),
            "properties": {field.name: self.of(hints[field.name]) for field in fields(kind)},
            "required": required,
            "additionalProperties": False,
        }


def _scalar(kind: type) -> Schema:
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": [member.value for member in kind]}
    if issubclass(kind, str):
        return {"type": "string", "maxLength": LONGEST_TEXT}
    if kind is int:
        return {"type": "integer", "minimum": -LARGEST_INTEGER, "maximum": LARGEST_INTEGER}
    plain: Mapping[type, Schema] = {bool: {"type": "boolean"}, float: {"type": "number"}}
    return dict(plain.get(kind, {}))
