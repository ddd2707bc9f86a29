"""`spe audit`: the log, and verifying an export of it offline with the public key alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.audit_hold import app as hold_app
from spe.cli.audit_proving import check_proof, prove, verify
from spe.cli.audit_reading import hints, purge, timeline
from spe.cli.options import group, verb

app = group("The log.")


@verb(app)
def head(
    out: Annotated[
        Path | None, typer.Option(help="A new file for the checkpoint, for `verify --seen`")
    ] = None,
) -> None:
    """Show the newest signed checkpoint; keep it with --out to hold the log to it later."""
    from spe.cli.client import Api
    from spe.cli.files import write_new
    from spe.cli.show import say
    from spe.cli.show import show as printed

    found = Api().ask("/v1/log/head")
    if out is None:
        printed(found)
        return
    write_new(out, found["checkpoint"].encode())
    say(
        f"wrote {out}: `spe audit verify FOLDER --key KEY --seen {out}`",
        {"file": str(out), "size": found["size"]},
    )


@verb(app)
def keys() -> None:
    """Show the public keys that verify what this installation signed, one a kind of statement."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().ask("/v1/keys"))


@verb(app, "rotate-key")
def rotate_key() -> None:
    """Change the checkpoint key on this machine, while no worker runs; the old key signs that the new one follows.

    Start worker and server anew after it, and give the new key to auditors and witnesses.
    """
    import os

    from spe.cli.show import say
    from spe.values import to_data
    from spe.wiring.process import settings_of
    from spe.worker.rotation import rotate

    done = rotate(settings_of(os.environ))
    said = f"from entry {done.size} on checkpoints are signed by {done.new}\nthe former key was {done.old}"
    say(said, to_data(done))


verb(app)(timeline)
verb(app)(hints)
verb(app)(purge)
app.add_typer(hold_app, name="hold")


@verb(app)
def export(out: Annotated[Path, typer.Argument(help="A new folder to write the log to")]) -> None:
    """Export the whole log as a folder that `spe audit verify` checks."""
    from spe.cli.client import Api
    from spe.cli.show import say
    from spe.cli.unpack import unpack

    zipped = out.with_name(out.name + ".zip")
    Api().download("/v1/log/export", zipped)
    try:
        files = unpack(zipped, out)
    finally:
        zipped.unlink()
    say(f"wrote {files} files to {out}", {"folder": str(out), "files": files})


verb(app)(verify)
verb(app)(prove)
verb(app, "check-proof")(check_proof)


@verb(app)
def reconcile(
    out: Annotated[Path | None, typer.Option(help="A new file for the report")] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Don't log that it was done, and change nothing")
    ] = False,
) -> None:
    """Compare this installation's log with what really happened; exit 12 where anything is unmatched.

    It reads home and database on this machine, and needs no server.
    """
    import os

    from spe.cli.reconciled import keep, refuse_to_replace, tell
    from spe.wiring.process import settings_of
    from spe.wiring.reconcile import reconcile as compared

    refuse_to_replace(out)
    report = compared(settings_of(os.environ), logged=not read_only)
    if out is not None:
        keep(report.encoded(), out)
    raise typer.Exit(tell(report, out))
