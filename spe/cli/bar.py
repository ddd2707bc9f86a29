"""A progress bar on standard error, for people at a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from spe.cli.options import options

Step = Callable[[int, int], None]


@contextmanager
def bar(unit: str) -> Iterator[Step | None]:
    """Yield what to tell how many are done, of how many; None where nobody looks."""
    if options().json or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(unit, total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of)
