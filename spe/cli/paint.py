"""Colour for terminals, none where there is no terminal or NO_COLOR is set (no-color.org)."""

from __future__ import annotations

import os
import sys

_CODES = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}


def coloured() -> bool:
    """Say whether standard error and output may carry colour."""
    return sys.stdout.isatty() and sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def paint(text: str, colour: str) -> str:
    """Return `text` in a colour where colours are shown."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if coloured() else text
