"""`spe output`: what runs wrote, on its way through the machine's checks and two people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb
from spe.output.model import Answer

app = group("Outputs of runs.")


@verb(app, "list")
def list_(
    run: Annotated[str, typer.Argument(help="The run; without it, what waits for checkers")] = "",
    after: str = "",
    limit: int = 50,
) -> None:
    """List the outputs of a run with their findings, or those that wait for checkers."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    api = Api()
    printed(api.get(f"/v1/runs/{run}/outputs") if run else api.get("/v1/outputs", after=after, limit=limit))


@verb(app)
def show(output: str) -> None:
    """Show an output: findings, suggested fix, where it stands."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/outputs/{output}"))


@verb(app)
def get(output: str, out: Annotated[Path, typer.Option(help="Where to write it")]) -> None:
    """Fetch the canonical bytes, for those who check them."""
    from spe.cli.client import Api
    from spe.cli.show import say

    digest = Api().download(f"/v1/outputs/{output}/content", out)
    say(f"wrote {out}, SHA-256 {digest}", {"file": str(out), "sha256": digest})


@verb(app)
def wait(output: str, within: str = "60s") -> None:
    """Wait for the machine's checks; exit 11 when they stop the output."""
    from spe.cli.client import Api
    from spe.cli.show import say
    from spe.cli.show import show as printed
    from spe.cli.waiting import wait_for
    from spe.errors import StoppedByChecks

    api = Api()
    found = wait_for(
        "the checks",
        lambda: api.get(f"/v1/outputs/{output}"),
        lambda one: one["status"] != "collected",
        within,
    )
    if found["status"] == "stopped":
        printed(found)
        raise StoppedByChecks(f"output {output} was stopped; `spe output fix {output}` takes a suggested fix")
    say(f"output {output} is {found['status']}", found)


@verb(app)
def submit(
    output: str, because: Annotated[str, typer.Option(help="Why it should pass, where it was stopped")] = ""
) -> None:
    """Submit an output to the checkers."""
    _post(output, "submit", {"text": because}, "submitted")


@verb(app)
def answer(output: str, text: str) -> None:
    """Answer a checker's question."""
    _post(output, "answer", {"text": text}, "answered")


@verb(app)
def fix(output: str) -> None:
    """Take the suggested fix: a new output of the same run, merged by trusted code."""
    _post(output, "fix", None, "fixed")


@verb(app)
def review(
    output: str,
    given: Annotated[Answer, typer.Argument(metavar="ANSWER", help="approve, reject, ask or except")],
    sha256: Annotated[str, typer.Option(help="SHA-256 of the bytes that you looked at")],
    note: Annotated[str, typer.Option(help="The justification or the question")] = "",
) -> None:
    """Give your answer as an output checker."""
    _post(output, "reviews", {"answer": given.value, "sha256": sha256, "note": note}, "reviewed")


def _post(output: str, verb_: str, body: dict[str, str] | None, what: str) -> None:
    from spe.cli.client import Api
    from spe.cli.show import done

    done(what, Api().post(f"/v1/outputs/{output}/{verb_}", body))
