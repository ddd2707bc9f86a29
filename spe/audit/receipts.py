"""A receipt: how one holder of data answered a fact, in a signed statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol

_FACT = re.compile(r"fact-([0-9a-f]{13})([0-9a-f]{7})")


def fact_id(index: int, place: int) -> str:
    """Return the identifier of a fact: by it facts sort in the order of the log, then of their change."""
    return f"fact-{index:013x}{place:07x}"


def fact_place(fact: str) -> tuple[int, int]:
    """Return the index of the entry that a fact was committed with, and the fact's place in that change; -1 for none."""
    found = _FACT.fullmatch(fact)
    return (int(found[1], 16), int(found[2], 16)) if found else (-1, 0)


class Action(StrEnum):
    """What a holder did."""

    REMOVED = "removed"
    STOPPED = "stopped"
    HELD = "held"
    RESUMED = "resumed"
    NOT_HELD = "not_held"
    LAWFUL_TO_KEEP = "lawful_to_keep"


@dataclass(frozen=True, slots=True)
class Answered:
    """One holder's answer about one thing, before it is signed."""

    holder: str
    thing: str
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A signed answer; for the subject, their holder and the auditor only."""

    table: ClassVar[str] = "receipt"
    indexed: ClassVar[tuple[str, ...]] = ("fact", "about", "holder")

    id: str
    fact: str
    about: str
    holder: str
    thing: str
    action: Action
    at: int
    statement: str
    signature: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A fact as a holder hears it: the outbox row's id, its kind, what it is about and its data."""

    id: str
    kind: str
    about: str
    data: Mapping[str, Any]
    at: int


class Outbox(Protocol):
    """Facts that were not handed to every holder yet."""

    def outbox(self, limit: int = 100) -> tuple[Happened, ...]:
        """Return some of them, oldest first."""
        ...


class Holder(Protocol):
    """A stage that holds data, or what was made from data, and must hear of facts."""

    @property
    def name(self) -> str:
        """What receipts call it."""
        ...

    def react(self, fact: Happened) -> tuple[Answered, ...]:
        """Do what the fact demands of everything held and answer for each; doing it again changes nothing."""
        ...
