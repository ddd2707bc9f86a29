"""`spe request`: data users ask for data; a preflight says beforehand what would be refused and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from spe.cli.options import group, verb

app = group("Access requests (EHDS Art. 67).")
_REFUSED = 10


@verb(app)
def preflight(application: Path) -> None:
    """Say which rules would refuse this draft (YAML), by which article, and what would mend it; exit 10 if any would."""
    from spe.cli.client import Api
    from spe.cli.options import options
    from spe.cli.show import show as printed

    answer = Api().post("/v1/requests/preflight", _read(application))
    if options().json:
        printed(answer)
    else:
        _print(answer)
    if not answer["allowed"]:
        raise typer.Exit(_REFUSED)


@verb(app)
def submit(application: Path) -> None:
    """Submit an application (YAML)."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("submitted", Api().post("/v1/requests", _read(application)))


@verb(app)
def resubmit(request: str, application: Path) -> None:
    """Submit a returned request anew, completed."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("resubmitted", Api().post(f"/v1/requests/{request}/resubmit", _read(application)))


@verb(app, "return")
def send_back(request: str) -> None:
    """Return a request to its applicant for completion."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("returned", Api().post(f"/v1/requests/{request}/return"))


@verb(app)
def withdraw(request: str) -> None:
    """Take a request back."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("withdrawn", Api().post(f"/v1/requests/{request}/withdraw"))


@verb(app)
def show(request: str) -> None:
    """Show a request."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/requests/{request}"))


def _read(application: Path) -> dict[str, Any]:
    from spe.cli.files import read_value
    from spe.request.model import Application

    return read_value(Application, application)


def _print(answer: dict[str, Any]) -> None:
    from spe.cli.failure import reason_lines
    from spe.cli.paint import paint

    if answer["allowed"]:
        print(
            f"{paint('✔', 'green')} no rule would refuse this; duties: {', '.join(answer['obligations']) or 'none'}"
        )
        return
    print(f"{paint('✘', 'red')} this would be refused:")
    for reason in answer["reasons"]:
        print("\n".join(reason_lines(reason)))
