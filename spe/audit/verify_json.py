"""The verifier's own test for canonical JSON (RFC 8785), fast for bundles of ordinary entries."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, NoReturn

_LARGEST = 2**53 - 1
_ESCAPED = bytes([*range(0x20), ord("\\")])
_ALIKE = bytes.maketrans(b"23456789", b"11111111")
_RARE = re.compile(rb"[0-9][.eE]|[0-9]{16}")
_MOST_FORMS, _LARGEST_FORM = 1024, 4096


class _NotCanonicalError(Exception):
    """Inside this module only: the text is something other than canonical JSON."""


def first_oddity(entries: list[bytes]) -> int | None:
    """Return the position of the first entry that is not a canonical JSON object; None when all are."""
    whole = b"".join(entries)
    plain = whole.isascii() and _is_plain(whole)
    for at, entry in enumerate(entries):
        if not ((plain or _is_plain(entry)) and _FORMS.knows(entry)) and not _is_canonical(entry):
            return at
    return None


def _is_plain(data: bytes) -> bool:
    """Say whether the text needs no escape, so that each quotation mark begins or ends a string."""
    return len(data.translate(None, _ESCAPED)) == len(data) and (data.isascii() or _is_text(data))


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Forms:
    """Forms of plain entries: an entry with its values emptied, but for names, and whole numbers made alike.

    What stands in a plain string, or which digits a number has, doesn't decide whether a text is canonical; names, their
    order, a leading zero and everything between the strings do. So each form is tested once, as a text of its own. No may
    also mean something rare, such as a fraction or a number of 16 digits.
    """

    def __init__(self) -> None:
        self._names: dict[bytes, Callable[[list[bytes]], object]] = {}
        self._known: dict[tuple[bytes, object], bool] = {}

    def knows(self, entry: bytes) -> bool:
        """Say yes only for canonical objects."""
        parts = entry.split(b'"')
        if len(parts) % 2 == 0:
            return False  # a string has no end
        between = b'"'.join(parts[::2]).translate(_ALIKE)
        names = self._names.get(between) or self._positions(between, parts)
        form = between, names(parts)
        known = self._known.get(form)
        return self._test(form, parts) if known is None else known

    def _positions(self, between: bytes, parts: list[bytes]) -> Callable[[list[bytes]], object]:
        """Return what picks the names out of the parts of an entry with the same `between`."""
        at = [place for place in range(1, len(parts), 2) if _is_name(parts, place)]
        names: Callable[[list[bytes]], object] = itemgetter(*at) if at else _no_names
        if len(self._names) >= _MOST_FORMS:
            self._names.clear()
        if len(between) <= _LARGEST_FORM:
            self._names[between] = names
        return names

    def _test(self, form: tuple[bytes, object], parts: list[bytes]) -> bool:
        if len(self._known) >= _MOST_FORMS:
            self._known.clear()
        emptied = [
            part.translate(_ALIKE) if at % 2 == 0 else part if _is_name(parts, at) else b""
            for at, part in enumerate(parts)
        ]
        text = b'"'.join(emptied)
        canonical = _RARE.search(form[0]) is None and _is_canonical(text)
        if len(text) <= _LARGEST_FORM:
            self._known[form] = canonical
        return canonical


def _is_name(parts: list[bytes], at: int) -> bool:
    return at + 1 < len(parts) and parts[at + 1].startswith(b":")


def _no_names(_parts: list[bytes]) -> object:
    return ()


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


_FORMS = _Forms()
