"""Transition tables: a status and a command lead to the next status, or the command is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from spe.errors import NotNow

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C", bound=StrEnum)


def step(table: Mapping[tuple[S, C], S], status: S, command: C) -> S:
    """Return the status that `command` leads to; raise `NotNow` where the table has no such row."""
    try:
        return table[status, command]
    except KeyError:
        raise NotNow(f"{command.value} is not possible while the status is {status.value}") from None


def diagram(table: Mapping[tuple[S, C], S]) -> str:
    """Return the table as a Mermaid state diagram, rows in their own order."""
    rows = [f"    {start.value} --> {end.value}: {command.value}" for (start, command), end in table.items()]
    return "\n".join(["stateDiagram-v2", *rows]) + "\n"
