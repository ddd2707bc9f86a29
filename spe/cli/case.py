"""`spe case`: a committee decides on a request; the case has the request's identifier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb
from spe.decision.model import OpinionKind

app = group("A committee's case: opinions, declared conflicts, blind votes, the chair's decision.")


@verb(app)
def opine(
    case: str,
    kind: OpinionKind,
    text: Annotated[str, typer.Option(help="The reasoned opinion")],
    favourable: Annotated[bool, typer.Option("--favourable/--unfavourable")] = True,
) -> None:
    """Give a technical or an ethics and legal opinion."""
    from spe.cli.client import Api
    from spe.cli.show import done

    body = {"kind": kind.value, "favourable": favourable, "text": text}
    done("opinion given", Api().post(f"/v1/cases/{case}/opinions", body))


@verb(app)
def declare(
    case: str, conflict: Annotated[bool, typer.Option("--conflict/--no-conflict")], text: str = ""
) -> None:
    """Declare whether you have a conflict of interest; nobody votes before that."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("declared", Api().post(f"/v1/cases/{case}/declarations", {"conflict": conflict, "text": text}))


@verb(app)
def vote(
    case: str,
    favour: Annotated[bool, typer.Option("--for/--against")],
    rationale: Annotated[str, typer.Option(help="Why; hidden from the others until all have voted")],
) -> None:
    """Cast your blind first vote."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("voted", Api().post(f"/v1/cases/{case}/votes", {"favour": favour, "rationale": rationale}))


@verb(app)
def grant(
    case: str,
    letter: Annotated[Path, typer.Option(help="File with the reasoned decision letter")],
    days: Annotated[int, typer.Option(help="How long the permit holds")],
    aggregates_only: Annotated[bool, typer.Option("--aggregates-only/--not-only-aggregates")] = True,
) -> None:
    """Grant the request under conditions, as the chair."""
    _decide(case, letter, days, grant=True, aggregates_only=aggregates_only)


@verb(app)
def refuse(
    case: str, letter: Annotated[Path, typer.Option(help="File with the reasoned decision letter")]
) -> None:
    """Refuse the request, as the chair."""
    _decide(case, letter, 0, grant=False, aggregates_only=True)


@verb(app, "list")
def list_(after: str = "", limit: int = 50) -> None:
    """List the cases that wait for a decision, with your next act in each."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get("/v1/cases", after=after, limit=limit))


@verb(app)
def show(case: str) -> None:
    """Show a case."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/cases/{case}"))


def _decide(case: str, letter: Path, days: int, *, grant: bool, aggregates_only: bool) -> None:
    from spe.cli.client import Api
    from spe.cli.files import read_text
    from spe.cli.show import done

    conditions = {"days": days, "aggregates_only": aggregates_only}
    body = {"grant": grant, "letter": read_text(letter), "conditions": conditions}
    done("decided", Api().post(f"/v1/cases/{case}/decision", body))
