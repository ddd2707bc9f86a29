"""`spe db`: the installation's database, by the operator, on its machine; no server is needed."""

from __future__ import annotations

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


def _settings() -> Any:
    import os

    from spe.wiring.process import settings_of

    return settings_of(os.environ)
