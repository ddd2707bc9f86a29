"""`spe audit hold`: legal holds."""

from __future__ import annotations

from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Legal holds: what they are on is neither purged nor erased.")
Because = Annotated[str, typer.Option("--because", help="The reason")]


@verb(app)
def place(
    about: Annotated[str, typer.Argument(help="A permit, a dataset, a subject, or log for everything")],
    because: Because,
) -> None:
    """Place a hold."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("placed", Api().post("/v1/holds", {"about": about, "reason": because}))


@verb(app)
def lift(hold: str, because: Because) -> None:
    """Lift a hold, as an auditor."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("lifted", Api().post(f"/v1/holds/{hold}/lift", {"text": because}))


@verb(app, "list")
def list_(
    about: Annotated[str, typer.Argument(help="What they are on; without it, all")] = "",
    after: str = "",
    limit: int = 50,
) -> None:
    """List holds, lifted ones too."""
    from spe.cli.client import Api
    from spe.cli.show import show

    show(Api().get("/v1/holds", about=about, after=after, limit=limit))
