"""`spe permit`: data permits, and verifying one with nothing but the public key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Data permits.")
Because = Annotated[str, typer.Option("--because", help="The reason, the grounds or the reply")]
ByRequest = Annotated[bool, typer.Option("--request", help="The identifier is that of the request")]


@verb(app)
def show(permit: str, by_request: ByRequest = False) -> None:
    """Show a permit."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/requests/{permit}/permit" if by_request else f"/v1/permits/{permit}"))


@verb(app)
def wait(request: str, within: str = "60s") -> None:
    """Wait until the permit for a granted request is issued."""
    from spe.cli.client import Api
    from spe.cli.show import say
    from spe.cli.waiting import wait_for

    api = Api()
    permit = wait_for("the permit", lambda: api.get(f"/v1/requests/{request}/permit"), lambda _: True, within)
    say(f"permit {permit['id']} is {permit['status']}", permit)


@verb(app)
def fetch(
    permit: str, out: Annotated[Path, typer.Option(help="Where to write; the signature goes to OUT.sig")]
) -> None:
    """Fetch the permit as the signed document that anybody can verify."""
    from spe.cli.client import Api
    from spe.cli.files import write_new
    from spe.cli.show import say

    document = Api().get(f"/v1/permits/{permit}/document")
    signature = out.with_name(out.name + ".sig")
    write_new(out, document["statement"].encode())
    write_new(signature, document["signature"].encode())
    say(f"wrote {out} and {signature.name}", {"file": str(out), "signature": str(signature)})


@verb(app)
def verify(
    file: Path,
    key: Annotated[str, typer.Option(help="The permit key: name+hash+base64, or a file with that line")],
    signature: Annotated[
        Path | None, typer.Option(help="The signature file; FILE.sig where not given")
    ] = None,
) -> None:
    """Verify a permit offline, with the public key alone; exit 12 if a byte is not what was signed."""
    from spe.cli.show import say
    from spe.cli.signed import verify_statement
    from spe.crypto.signing import StatementKind

    detached = signature or file.with_name(file.name + ".sig")
    fields = verify_statement(file, detached, key, StatementKind.PERMIT)
    demo = " of a DEMO" if fields.get("demo") else ""
    say(f"permit {fields['id']}{demo} is exactly as it was signed", fields)


@verb(app)
def suspend(permit: str, because: Because) -> None:
    """Suspend a permit at once; it can be resumed."""
    _act(permit, "suspend", because)


@verb(app)
def resume(permit: str, because: Because) -> None:
    """Resume a suspended permit."""
    _act(permit, "resume", because)


@verb(app)
def hear(permit: str, because: Because) -> None:
    """Open the hearing that comes before a revocation (EHDS Art. 63(2))."""
    _act(permit, "hear", because)


@verb(app)
def reply(permit: str, because: Because) -> None:
    """Reply in the hearing, as the permit's holder."""
    _act(permit, "reply", because)


@verb(app)
def revoke(permit: str, because: Because) -> None:
    """Revoke a permit after its hearing: its workspaces go, its data key is destroyed."""
    _act(permit, "revoke", because)


def _act(permit: str, command: str, text: str) -> None:
    from spe.cli.client import Api
    from spe.cli.show import done

    done(command, Api().post(f"/v1/permits/{permit}/{command}", {"text": text}))
