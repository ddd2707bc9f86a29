"""An installation whose log two witnesses watch, each a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from spe.crypto.signing import StatementKind
from spe.wiring.home import Home
from tests.witnesses import Running, made, running
from tests.world import World, open_world, settings_for

NAMES = ("witness.example/north", "witness.example/south")


def keyed(home: Path) -> Path:
    """Make a home's keys: witnesses are told the log's key before they watch it."""
    Home(home).make(settings_for(home).origin)
    return home


@contextmanager
def watched(home: Path, folder: Path) -> Iterator[tuple[Running, Running]]:
    """Have both witnesses run, and write the file that names them."""
    key = Home(home).signing.public(StatementKind.CHECKPOINT)
    with ExitStack() as ending:
        north, south = (
            ending.enter_context(running(folder / name[-5:], made(folder / name[-5:], name, key)))
            for name in NAMES
        )
        lines = (f"{one.key.text()} {one.url}\n" for one in (north, south))
        (folder / "witnesses").write_text("# who watches\n" + "".join(lines))
        yield north, south


@contextmanager
def opened(home: Path, folder: Path, patience: int = 20_000) -> Iterator[World]:
    """Open the installation, which needs both of them."""
    settings = {"witnesses": str(folder / "witnesses"), "witness_quorum": 2, "log_milliseconds": patience}
    with open_world(home, **settings) as world:
        yield world
