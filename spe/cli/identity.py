"""`spe identity`: bringing Keycloak to what an installation needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from spe.cli.options import group, verb

app = group("The identity provider.")


@verb(app)
def bootstrap(
    keycloak: Annotated[str, typer.Option(envvar="SPE_KEYCLOAK_URL", help="Keycloak's own address")],
    public_url: Annotated[str, typer.Option(envvar="SPE_PUBLIC_URL", help="Where people reach the portal")],
    password_file: Annotated[Path, typer.Option(help="File with the administrator's password")],
    secrets: Annotated[Path, typer.Option(envvar="SPE_OIDC_SECRETS", help="Folder for the clients' secrets")],
    admin: Annotated[str, typer.Option(help="The administrator, of the realm master")] = "admin",
    realm: Annotated[str, typer.Option(help="The realm to make or to bring up")] = "spe",
    organisation: Annotated[list[str] | None, typer.Option(help="An organisation; repeat for more")] = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Change it; without, only show what would")] = False,
) -> None:
    """Show how the realm differs from what spe needs, and with --apply mend it; nothing is made looser than it is."""
    from spe.wiring.identity import Administrator, Setup
    from spe.wiring.identity import bootstrap as bring_up

    setup = Setup(
        Administrator(keycloak, admin, _password(password_file)),
        realm,
        public_url,
        tuple(organisation or ()),
        secrets,
    )
    _show(bring_up(setup, apply=apply), apply=apply)


def _password(file: Path) -> str:
    from spe.crypto.private_files import read_private

    return read_private(file).decode("utf-8", "replace").strip("\n")


def _show(found: Any, *, apply: bool) -> None:
    from spe.cli.show import say

    rows = [{"what": one.path, "found": one.found, "wanted": one.wanted} for one in found]
    lines = [f"{one['what']}: {one['found']} → {one['wanted']}" for one in rows]
    done = "changed" if apply else "to change; --apply does it"
    text = "\n".join([*lines, f"{len(rows)} {done}"]) if rows else "nothing to change"
    say(text, {"applied": apply, "differences": rows})
