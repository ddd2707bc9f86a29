"""The page of all state machines, from their transition tables.

Run `python -m tests.shape.state_pages` to write it anew.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import spe
from spe.audit.events import Event
from spe.states import diagram
from tests.shape.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "states.md"
_HEAD = """# States

Every state machine, as its transition table says it: what is not drawn is refused (`not possible while the status is …`).
Written by `python -m tests.shape.state_pages`; a test compares.
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """One stage's table, with all of its statuses and commands."""

    stage: str
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum]
    statuses: type[StrEnum]
    commands: type[StrEnum]
    leaves: Mapping[StrEnum, type[Event]]

    @property
    def first(self) -> StrEnum:
        """The status that things are born with: the first of the enumeration."""
        return next(iter(self.statuses))

    def ends(self) -> list[StrEnum]:
        """Return the statuses that no command leaves."""
        left = {start for (start, _), end in self.table.items() if start is not end}
        return [status for status in self.statuses if status not in left]


def machines() -> list[Machine]:
    """Return the machine of every stage that has a transition table, by name."""
    names = [f"spe.{found.name}.model" for found in pkgutil.iter_modules(spe.__path__) if found.ispkg]
    models = [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
    return [
        _machine(model.__name__.split(".")[1], model.TRANSITIONS, model.LEAVES)
        for model in models
        if hasattr(model, "TRANSITIONS")
    ]


def _machine(
    stage: str, table: Mapping[tuple[StrEnum, StrEnum], StrEnum], leaves: Mapping[StrEnum, type[Event]]
) -> Machine:
    (status, command), _ = next(iter(table.items()))
    return Machine(stage, table, type(status), type(command), leaves)


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(_section(machine) for machine in machines())])


def _section(machine: Machine) -> str:
    ends = ", ".join(f"`{status}`" for status in machine.ends()) or "none"
    drawn = diagram(machine.table).rstrip()
    lines = drawn.split("\n")
    drawn = "\n".join([lines[0], f"    [*] --> {machine.first}", *lines[1:]])
    meaning = " ".join((machine.statuses.__doc__ or "").split())
    left = ", ".join(f"`{command}`: `{event.type}`" for command, event in machine.leaves.items())
    return (
        f"## {machine.stage.capitalize()}\n\n{meaning}\n\nEnds: {ends}.\n\n"
        f"Leaves in the log: {left}.\n\n```mermaid\n{drawn}\n```\n"
    )


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page())
