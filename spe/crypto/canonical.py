"""Canonical JSON (RFC 8785): one value, one encoding, so that bytes can be hashed and signed."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import NoReturn, TypeAlias

from spe.errors import Malformed

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

LARGEST_INT = 2**53 - 1
DEEPEST = 64
LARGEST_BYTES = 1 << 20


def encode(value: object) -> bytes:
    """Return the canonical UTF-8 bytes of None, bool, int, float, str, and lists and mappings of them.

    `Malformed`: another type, NaN or infinity, an integral number beyond 2^53-1 that other readers would
    round, a lone surrogate, more than 64 levels.
    """
    try:
        return _write(value, 0).encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("text holds half of a surrogate pair") from None


def parse(data: bytes, largest: int = LARGEST_BYTES) -> Json:
    """Return the value whose canonical encoding is exactly `data`; `Malformed` for any other bytes.

    `largest` is in bytes.
    """
    if len(data) > largest:
        raise Malformed(f"JSON is over {largest} bytes")
    value = _read(data)
    # This finds a name that occurs twice as well: reading keeps only the last.
    if encode(value) != data:
        raise Malformed("JSON is not in canonical form (RFC 8785)")
    return value


def parse_object(data: bytes, largest: int = LARGEST_BYTES) -> dict[str, Json]:
    """Return what `parse` returns, and refuse with `Malformed` whatever isn't an object."""
    value = parse(data, largest)
    if not isinstance(value, dict):
        raise Malformed("JSON is not an object")
    return value


def number(value: float) -> str:
    """Return the text that ECMAScript's Number::toString gives a finite `value` (RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise Malformed("NaN and infinity have no JSON form")
    if value == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    text = _placed(digits, len(digits) + int(exponent))
    return f"-{text}" if sign else text


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _write(value: object, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _write_number(value)
    if depth == DEEPEST:
        raise Malformed(f"JSON is over {DEEPEST} levels deep")
    # An exact type is judged much faster than an abstract one.
    if isinstance(value, (dict, Mapping)):
        return _write_object(value, depth)
    if isinstance(value, (list, tuple)):
        return f"[{','.join([_write(item, depth + 1) for item in value])}]"
    raise Malformed(f"{type(value).__name__} has no JSON form")


def _write_number(value: float) -> str:
    integral = isinstance(value, int) or (value.is_integer() and abs(value) < 1e21)
    if integral and abs(value) > LARGEST_INT:
        raise Malformed("an integer is beyond 2^53-1")
    return str(int(value)) if isinstance(value, int) else number(value)


def _write_object(value: Mapping[object, object], depth: int) -> str:
    names = _in_order(value)
    members = [f"{encode_basestring(name)}:{_write(value[name], depth + 1)}" for name in names]
    return f"{{{','.join(members)}}}"


def _in_order(names: Collection[object]) -> list[str]:
    found = [name for name in names if isinstance(name, str)]
    if len(found) != len(names):
        raise Malformed("a name in a JSON object is not text")
    # Code points and UTF-16 code units put ASCII into the same order.
    found.sort(key=None if "".join(found).isascii() else _utf16)
    return found


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def _read(data: bytes) -> Json:
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise Malformed("JSON is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Malformed(f"JSON is over {DEEPEST} levels deep") from None
    return value


def _integer(text: str) -> int:
    # Python's own conversion is quadratic in the number of digits, so length is judged first.
    if len(text) > 17 or abs(int(text)) > LARGEST_INT:
        raise Malformed("an integer is beyond 2^53-1")
    return int(text)


def _refuse_constant(text: str) -> NoReturn:
    raise Malformed(f"{text} is not JSON")
