"""`spe directive`: data holders bring what their subjects said."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Subjects' directives: consents, withdrawals, opt-outs, objections, restrictions.")


@verb(app, "import")
def import_(
    file: Path, holder: Annotated[str, typer.Option(help="The data holder whose subjects these are")]
) -> None:
    """Import a CSV (subject,kind,purpose,effective); each refused line is named with its reason."""
    from spe.cli.client import Api
    from spe.cli.files import read_text
    from spe.cli.options import options
    from spe.cli.show import done
    from spe.cli.show import show as printed

    report = Api().post_text(f"/v1/holders/{holder}/directives", "text/csv", read_text(file))
    if options().json:
        printed(report)
        return
    done(f"{report.get('taken', '?')} directives taken", report)
    for refused in report.get("refused", ()):
        print(f"  line {refused['line']}: {refused['reason']}")


@verb(app)
def template() -> None:
    """Print an empty directives file."""
    print("subject,kind,purpose,effective")
