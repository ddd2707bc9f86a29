"""`spe code`: projects register source trees, approvers read and approve them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Project code: what runs on data is what two people approved.")
Digest = Annotated[str, typer.Option(help="The digest that you saw, of the manifest you speak of")]


@verb(app)
def register(
    folder: Path, permit: Annotated[str, typer.Option(help="The permit under which it shall run")]
) -> None:
    """Register a project folder with its spe.yaml (title, entry, parameters, outputs)."""
    from spe.cli.client import Api
    from spe.cli.files import read_project
    from spe.cli.show import done

    done("registered", Api().post(f"/v1/permits/{permit}/codes", read_project(folder)))


@verb(app)
def show(code: str) -> None:
    """Show code: its manifest, its digest, who approved it."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/codes/{code}"))


@verb(app)
def file(code: str, path: str) -> None:
    """Print one source file as it was sealed."""
    from spe.cli.client import Api
    from spe.cli.show import raw

    raw(Api().bytes(f"/v1/codes/{code}/files/{path}"))


@verb(app)
def approve(code: str, digest: Digest) -> None:
    """Approve the manifest whose digest you saw."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("approved", Api().post(f"/v1/codes/{code}/approve", {"digest": digest}))


@verb(app)
def reject(code: str, digest: Digest) -> None:
    """Reject the manifest whose digest you saw, for good."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("rejected", Api().post(f"/v1/codes/{code}/reject", {"digest": digest}))


@verb(app)
def wait(code: str, within: str = "60s") -> None:
    """Wait until agreed code is sealed and may run."""
    from spe.cli.client import Api
    from spe.cli.failure import NotAchieved
    from spe.cli.show import say
    from spe.cli.waiting import wait_for

    api = Api()
    found = wait_for(
        "approval",
        lambda: api.get(f"/v1/codes/{code}"),
        lambda one: one["status"] in {"approved", "rejected"},
        within,
    )
    if found["status"] != "approved":
        raise NotAchieved(f"code {code} is {found['status']}")
    say(f"code {code} is approved", found)
