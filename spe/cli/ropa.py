"""`spe ropa`: the record of processing activities (GDPR Art. 30)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("The record of processing activities (GDPR Art. 30).")


@verb(app)
def export(
    of: Annotated[str, typer.Option(help="Whose: an organisation or a holder; without it everybody's")] = "",
    out: Annotated[Path | None, typer.Option(help="A new file for the record as JSON")] = None,
) -> None:
    """Export the record, checked to be whole; a page in --lang en or it, JSON with --json or --out."""
    import json

    from spe.cli.client import Api
    from spe.cli.files import write_new
    from spe.cli.options import options
    from spe.cli.show import say, show
    from spe.ropa.model import Ropa
    from spe.ropa.page import page
    from spe.values import from_stored

    found = Api().get("/v1/ropa", scope=of)
    ropa = from_stored(Ropa, found)
    if out is not None:
        write_new(out, json.dumps(found, ensure_ascii=False, indent=2).encode() + b"\n")
        facts = {"file": str(out), "activities": len(ropa.activities), "missing": list(ropa.missing)}
        say(
            f"wrote {len(ropa.activities)} activities to {out}; {len(ropa.missing)} things are missing", facts
        )
    elif options().json:
        show(found)
    else:
        text = page(ropa, options().language)
        print("".join(char if char.isprintable() or char == "\n" else " " for char in text), end="")
