"""`spe receipt`: how every holder of data answered a fact."""

from __future__ import annotations

from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Holders' signed answers to a fact.")


@verb(app, "list")
def list_(about: Annotated[str, typer.Option(help="What the fact was about")] = "") -> None:
    """List receipts, for the subject's holder and auditors."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get("/v1/receipts", about=about))
