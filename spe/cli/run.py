"""`spe run`: executions of approved code on data, and of any registered code on the synthetic twin."""

from __future__ import annotations

from typing import Annotated

import typer

from spe.cli.options import group, verb
from spe.run.model import RunKind

app = group("Runs of code.")
_RUNNING = {"queued", "running", "waiting", "in_sandbox"}
_DONE = {"finished", "done"}


@verb(app)
def start(
    permit: str,
    site: str,
    code: Annotated[str, typer.Option(help="The registered code")],
    kind: Annotated[RunKind, typer.Option(help="real data, or the synthetic twin")] = RunKind.REAL,
    given: Annotated[list[str], typer.Option("--set", help="A parameter as NAME=VALUE")] = [],  # noqa: B006
) -> None:
    """Queue a run."""
    from spe.cli.client import Api
    from spe.cli.show import done

    body = {
        "permit": permit,
        "site": site,
        "code": code,
        "kind": kind.value,
        "parameters": _parameters(given),
    }
    done("queued", Api().post("/v1/runs", body))


@verb(app)
def stop(run: str) -> None:
    """Stop a run."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("stopped", Api().post(f"/v1/runs/{run}/stop"))


@verb(app)
def show(run: str) -> None:
    """Show what there is to hear of a run."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/runs/{run}"))


@verb(app)
def wait(run: str, within: str = "5m") -> None:
    """Wait until a run has ended; exit 1 unless it finished."""
    from spe.cli.client import Api
    from spe.cli.failure import NotAchieved
    from spe.cli.show import say
    from spe.cli.show import show as printed
    from spe.cli.waiting import wait_for

    api = Api()
    found = wait_for(
        f"run {run}", lambda: api.get(f"/v1/runs/{run}"), lambda one: one["state"] not in _RUNNING, within
    )
    if found["state"] not in _DONE:
        printed(found)
        raise NotAchieved(f"run {run} ended as {found['state']}")
    say(f"run {run} has finished", found)


@verb(app)
def record(run: str) -> None:
    """Show the signed record of what ran, how isolated, with what limits; for auditors and the holder."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/runs/{run}/record"))


@verb(app)
def twin_output(run: str, name: str) -> None:
    """Print a file that a twin run wrote, from synthetic rows only."""
    from spe.cli.client import Api
    from spe.cli.show import raw

    raw(Api().bytes(f"/v1/runs/{run}/twin-outputs/{name}"))


def _parameters(given: list[str]) -> dict[str, str]:
    from spe.errors import Malformed

    parameters: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals or name in parameters:
            raise Malformed(f"--set {one[:60]!r}: must read NAME=VALUE, each name once")
        parameters[name] = value
    return parameters
