"""`spe db`: the installation's database, by the operator, on its machine; no server is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from spe.cli.options import group, verb

app = group("The database: tables, roles, whether it agrees, copies.")


@verb(app)
def migrate(
    api: Annotated[str, typer.Option(help="PostgreSQL role of `spe serve`, to be given its rights")] = "",
    worker: Annotated[str, typer.Option(help="PostgreSQL role of `spe worker`, likewise")] = "",
) -> None:
    """Make the tables, or bring them up to this version; as their owner, all of the way or not at all."""
    from spe.cli.show import say
    from spe.wiring.database import bring_up

    bring_up(_settings(), api, worker)
    say("the tables are those of this version", {"api": api, "worker": worker})


@verb(app)
def check() -> None:
    """Compare log, ledger and workflow with each other, reading only; exit 12 where anything doesn't agree."""
    from spe.cli.reconciled import tell
    from spe.wiring.reconcile import agreement

    raise typer.Exit(tell(agreement(_settings()), None))


@verb(app)
def backup(file: Annotated[Path, typer.Argument(help="A new file; it holds all records in clear")]) -> None:
    """Copy the whole database to a file while others write; keys and sealed objects are not in it."""
    from spe.cli.show import say
    from spe.wiring.copies import backup as copied

    made = copied(_settings(), file)
    say(f"{made.rows} rows are in {file}", {"rows": made.rows, "sha256": made.sha256})


@verb(app)
def restore(
    file: Annotated[Path, typer.Argument(help="What `spe db backup` wrote, from a database of either kind")],
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Go on though more was signed here than the copy has")
    ] = False,
) -> None:
    """Go on from a copy, in an empty database; exit 12 where it is damaged, doesn't agree, or is too old."""
    from spe.cli.show import say
    from spe.wiring.copies import restore as restored

    index = restored(_settings(), file, accept_loss=accept_loss)
    say(f"restored, and it agrees: log entry {index} says so", {"index": index})


def _settings() -> Any:
    import os

    from spe.wiring.process import settings_of

    return settings_of(os.environ)
