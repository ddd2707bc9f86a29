"""Where what a run left is kept, and under which key."""

from __future__ import annotations

from spe.cohort.place import scope
from spe.run.model import Run, RunKind

TWIN_SCOPE = "twin"


def scope_of(run: Run) -> str:
    """Return the data key scope of a run's outputs: the permit's own for a real run, a common one for twins."""
    return TWIN_SCOPE if run.kind is RunKind.TWIN else scope(run.permit)


def output_object(run: str, name: str) -> str:
    """Return the name of the sealed bytes that a run left as its output `name`."""
    return f"run/{run}/{name}"


def tail_object(run: str) -> str:
    """Return the name of the sealed end of what a real run printed; it is an output too, and for nobody but auditors."""
    return f"run/{run}.tail"
