"""`spe ws`: a permit's workspace at a site."""

from __future__ import annotations

from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Workspaces: a permit's place at a site.")


@verb(app, "open")
def open_(permit: str, site: str) -> None:
    """Open the permit's workspace at a site."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("opened", Api().post(f"/v1/permits/{permit}/sites/{site}/workspace/open"))


@verb(app)
def close(permit: str, site: str, because: Annotated[str, typer.Option(help="Why")]) -> None:
    """Close the workspace for good: its runs end, its data go."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("closing", Api().post(f"/v1/permits/{permit}/sites/{site}/workspace/close", {"text": because}))


@verb(app)
def show(permit: str, site: str) -> None:
    """Show the workspace's state."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/permits/{permit}/sites/{site}/workspace"))


@verb(app)
def wait_gone(permit: str, site: str, within: str = "60s") -> None:
    """Wait until the workspace is gone: no run, no data."""
    from spe.cli.client import Api
    from spe.cli.show import say
    from spe.cli.waiting import wait_for

    api = Api()
    found = wait_for(
        "the workspace to go",
        lambda: api.get(f"/v1/permits/{permit}/sites/{site}/workspace"),
        lambda one: bool(one["status"] == "gone"),
        within,
    )
    say(f"the workspace at {site} is gone", found)
