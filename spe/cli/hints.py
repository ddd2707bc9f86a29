"""Hints as people read them: who, what, how often, and the entries that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spe.cli.options import options
from spe.cli.paint import paint
from spe.cli.show import plain, show

_FEW = 8


def show_hints(found: Mapping[str, Any]) -> None:
    """Print hints."""
    if options().json:
        show(found)
        return
    for one in found["items"]:
        print("\n".join(_lines(one)))
    print(f"{len(found['items'])} hints in entries {found['first']} to {found['size'] - 1}.")


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    about = f", {plain(one['about'])}" if one["about"] else ""
    yield f"{paint(plain(one['title']), 'bold')} {paint('[' + plain(one['code']) + ']', 'dim')}"
    yield f"  {plain(one['id'])} ({plain(one['role'])}, {plain(one['organisation'])}){about}"
    yield f"  {plain(one['message'])}"
    yield f"  → {plain(one['remedy'])}"
    shown = [str(evidence["index"]) for evidence in one["evidence"]]
    more = ", …" if one["count"] > _FEW else ""
    yield f"  entries {', '.join(shown[:_FEW])}{more}"
