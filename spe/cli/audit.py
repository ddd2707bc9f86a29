"""`spe audit`: the log, and verifying an export of it offline with the public key alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.audit_hold import app as hold_app
from spe.cli.audit_reading import hints, purge, timeline
from spe.cli.options import group, verb

app = group("The log.")


@verb(app)
def head() -> None:
    """Show the newest signed checkpoint; keep it to hold the log to it later."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().ask("/v1/log/head"))


@verb(app)
def keys() -> None:
    """Show the public keys that verify what this installation signed, one a kind of statement."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().ask("/v1/keys"))


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


@verb(app)
def verify(
    folder: Path,
    key: Annotated[str, typer.Option(help="The checkpoint key: name+hash+base64, or a file with that line")],
    seen: Annotated[Path | None, typer.Option(help="A checkpoint that you kept from before")] = None,
) -> None:
    """Verify an exported log offline; exit 12 names the first bad entry."""
    from spe.audit.verify import verify_export
    from spe.cli.show import say
    from spe.cli.signed import public_key
    from spe.values import to_data

    kept = seen.read_bytes() if seen is not None else None
    found = verify_export(folder, public_key(key).text(), seen=kept)
    facts = {**to_data(found), "root": found.root.hex()}
    say(f"{found.size} entries of {found.origin} are exactly what was signed; root {found.root.hex()}", facts)


@verb(app)
def prove(
    index: Annotated[int, typer.Argument(help="The entry's index", min=0)],
    out: Annotated[Path | None, typer.Option(help="A new file for the proof; else it is printed")] = None,
) -> None:
    """Prove that an entry is in the signed log: a text with the entry that anybody checks offline."""
    from spe.cli.client import Api
    from spe.cli.show import say

    if out is None:
        print(Api().bytes(f"/v1/log/proof?index={index}").decode(), end="")
        return
    Api().download(f"/v1/log/proof?index={index}", out)
    say(f"wrote {out}: `spe audit check-proof {out} --key KEY`", {"file": str(out), "index": index})


@verb(app)
def check_proof(
    file: Path,
    key: Annotated[str, typer.Option(help="The checkpoint key: name+hash+base64, or a file with that line")],
) -> None:
    """Check a proof offline, and show the entry that it proves; exit 12 if it doesn't hold."""
    import json

    from spe.audit.verify_proof import check_proof as checked
    from spe.cli.show import say
    from spe.cli.signed import public_key, read_small

    found = checked(read_small(file), public_key(key).text())
    entry = json.loads(found.entry)
    facts = {"origin": found.origin, "index": found.index, "size": found.size, "root": found.root.hex()}
    said = f"entry {found.index} is one of the {found.size} that {found.origin} signed:"
    say(f"{said}\n{json.dumps(entry, indent=2)}", {**facts, "entry": entry})


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
