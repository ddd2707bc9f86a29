"""The verifier's own test for canonical JSON (RFC 8785), fast for bundles of ordinary entries."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

_LARGEST = 2**53 - 1
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")


class _NotCanonicalError(Exception):
    """Inside this module only: the text is, or may be, something other than canonical JSON."""


def first_oddity(entries: list[bytes]) -> int | None:
    """Return the position of the first entry that is not a canonical JSON object; None when all are."""
    if _all_plain(entries):
        return None
    return next((at for at, entry in enumerate(entries) if not _is_canonical(entry)), None)


def _all_plain(entries: list[bytes]) -> bool:
    """Say yes only for canonical objects; no may also mean something rare, such as a fraction.

    Each text is scanned by itself up to its last character, and an object's text is no beginning of
    another's, so equal joined texts mean equal texts one by one.
    """
    try:
        texts = [entry.decode("utf-8") for entry in entries]
        joined = ",".join(texts)
        values = [_scan_whole(text) for text in texts]
        same = _PLAIN.encode(values) == f"[{joined}]"
    except (ValueError, RecursionError, _NotCanonicalError):
        return False
    # Python sorts names by code points; that differs from UTF-16 only beyond the basic plane.
    return same and (joined.isascii() or _BEYOND_BMP.search(joined) is None)


def _scan_whole(text: str) -> dict[str, Any]:
    value, end = _SCANNER.raw_decode(text)
    if end != len(text) or type(value) is not dict:
        raise _NotCanonicalError
    return value


def _is_canonical(entry: bytes) -> bool:
    try:
        text = entry.decode("utf-8")
        value = json.loads(
            text, parse_int=_small, parse_constant=_refuse, object_pairs_hook=_no_repeats, parse_float=float
        )
        return isinstance(value, dict) and _written(value) == text
    except (ValueError, RecursionError, _NotCanonicalError):
        return False


def _small(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _LARGEST:
        raise _NotCanonicalError
    return int(text)


def _refuse(text: str) -> NoReturn:
    raise _NotCanonicalError(text)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise _NotCanonicalError
    return dict(pairs)


def _written(value: Any) -> str:
    match value:
        case str():
            return encode_basestring(value)
        case bool() | None:
            return json.dumps(value)
        case int():
            return str(value)
        case float():
            return _fraction(value)
        case list():
            return "[" + ",".join(_written(item) for item in value) + "]"
    names = sorted(value, key=lambda name: str(name).encode("utf-16-be"))
    return "{" + ",".join(f"{encode_basestring(name)}:{_written(value[name])}" for name in names) + "}"


def _fraction(value: float) -> str:
    if not math.isfinite(value) or (value.is_integer() and abs(value) < 1e21):
        raise _NotCanonicalError  # integral numbers are written, and read, as integers
    sign, figures, shift = Decimal(repr(value)).normalize().as_tuple()
    digits, minus = "".join(map(str, figures)), "-" if sign else ""
    point = len(digits) + int(shift)
    if 0 < point <= 21:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    tail = "." + digits[1:] if digits[1:] else ""
    return f"{minus}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


_SCANNER = json.JSONDecoder(parse_int=_small, parse_float=_refuse, parse_constant=_refuse)
_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
