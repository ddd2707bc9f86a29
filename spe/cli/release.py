"""`spe release`: approved outputs leave, as exactly the bytes that were checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Releases.")


@verb(app)
def ask(
    permit: str, site: str, outputs: Annotated[list[str], typer.Argument(help="The approved outputs")]
) -> None:
    """Ask for approved outputs of one site to be released together."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("asked", Api().post("/v1/releases", {"permit": permit, "site": site, "outputs": outputs}))


@verb(app)
def show(release: str) -> None:
    """Show a release."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/releases/{release}"))


@verb(app)
def wait(release: str, within: str = "60s") -> None:
    """Wait until a release is made; exit 11 when it is stopped, 12 when its bytes are not the checked ones."""
    from spe.cli.client import Api
    from spe.cli.show import say
    from spe.cli.show import show as printed
    from spe.cli.waiting import wait_for
    from spe.errors import IntegrityFailure, StoppedByChecks

    api = Api()
    found = wait_for(
        "the release",
        lambda: api.get(f"/v1/releases/{release}"),
        lambda one: one["status"] not in {"pending", "held"},
        within,
    )
    if found["status"] == "stopped":
        printed(found)
        if "bytes_not_approved" in found["reasons"]:
            raise IntegrityFailure(
                f"release {release} was stopped: its bytes are not those that were checked"
            )
        raise StoppedByChecks(f"release {release} was stopped")
    say(f"release {release} is {found['status']}", found)


@verb(app)
def get(release: str, out: Annotated[Path, typer.Option(help="Where to write the zip")]) -> None:
    """Fetch the released zip."""
    from spe.cli.client import Api
    from spe.cli.show import say

    digest = Api().download(f"/v1/releases/{release}/content", out)
    say(f"wrote {out}, SHA-256 {digest}", {"file": str(out), "sha256": digest})


@verb(app)
def recall(release: str, because: Annotated[str, typer.Option(help="Why")]) -> None:
    """Recall a release: it can't be fetched any more."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("recalled", Api().post(f"/v1/releases/{release}/recall", {"text": because}))


@verb(app)
def verify(
    file: Path,
    key: Annotated[str, typer.Option(help="The release key: name+hash+base64, or a file with that line")],
) -> None:
    """Verify a released zip offline, with the public key alone; exit 12 if a byte is not what was released."""
    from spe.cli.show import say
    from spe.cli.signed import verify_release

    fields = verify_release(file, key)
    demo = " of a DEMO" if fields.get("demo") else ""
    say(f"release {fields.get('id', '')}{demo} is exactly as it was released", fields)
