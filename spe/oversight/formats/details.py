"""An entry's fields as plain texts; subjects stay the digests that they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def details(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and text of every field that says something, digests of subjects left out."""
    for name, value in data.items():
        values = value if isinstance(value, list) else [value]
        texts = [_text(one) for one in values if not isinstance(one, dict) and one != ""]
        if texts:
            yield name, ", ".join(texts)


def subjects(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digest of every subject that an entry holds."""
    for value in data.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and isinstance(one.get("digest"), str):
                yield one["digest"]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
