"""`spe audit verify`, `prove` and `check-proof`: what the log says, for somebody who doesn't take our word."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_KEY = "The checkpoint key: name+hash+base64, or a file with that line"
Key = Annotated[str, typer.Option(help=_KEY)]
Witnesses = Annotated[
    list[str] | None,
    typer.Option("--witness", help="A key of a witness who must have cosigned; may be given more than once"),
]


def verify(
    folder: Path,
    key: Key,
    witness: Witnesses = None,
    seen: Annotated[Path | None, typer.Option(help="A checkpoint that you kept from before")] = None,
    state: Annotated[
        Path | None, typer.Option(help="A file by which an interrupted verification goes on")
    ] = None,
) -> None:
    """Verify an exported log offline; exit 12 names the first bad entry."""
    from spe.audit.verify import verify_export
    from spe.cli.bar import bar
    from spe.cli.show import say
    from spe.cli.signed import key_line, public_key, read_small
    from spe.values import to_data

    kept = read_small(seen) if seen is not None else None
    witnesses = [key_line(one) for one in witness or ()]
    with bar("entries") as progress:
        found = verify_export(
            folder, public_key(key).text(), witnesses=witnesses, seen=kept, state=state, progress=progress
        )
    facts = {**to_data(found), "root": found.root.hex()}
    seen_by = "".join(f"; cosigned by {one.witness}" for one in found.cosigned)
    handed_on = f"\nthe log was handed on to the key {found.handed_on}" if found.handed_on else ""
    text = f"{found.size} entries of {found.origin} are exactly what was signed; root {found.root.hex()}{seen_by}{handed_on}"
    say(text, facts)


def prove(
    index: Annotated[int, typer.Argument(help="The entry's index", min=0)],
    out: Annotated[Path | None, typer.Option(help="A new file for the proof; else it is printed")] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="An exported folder to take it from, instead of the server")
    ] = None,
) -> None:
    """Prove that an entry is in the signed log: a text with the entry that anybody checks offline."""
    from spe.cli.files import write_new
    from spe.cli.show import say

    text = _proof(index, from_)
    if out is None:
        print(text, end="")
        return
    write_new(out, text.encode())
    say(f"wrote {out}: `spe audit check-proof {out} --key KEY`", {"file": str(out), "index": index})


def check_proof(file: Path, key: Key, witness: Witnesses = None) -> None:
    """Check a proof offline, and show the entry that it proves; exit 12 if it doesn't hold."""
    import json

    from spe.audit.verify_proof import check_proof as checked
    from spe.cli.show import say
    from spe.cli.signed import key_line, public_key, read_small
    from spe.values import to_data

    witnesses = [key_line(one) for one in witness or ()]
    found = checked(read_small(file), public_key(key).text(), witnesses)
    entry: Any = json.loads(found.entry)
    seen_by = "".join(f", cosigned by {one.witness}" for one in found.cosigned)
    said = f"entry {found.index} is one of the {found.size} that {found.origin} signed{seen_by}:"
    facts = {**to_data(found), "root": found.root.hex(), "entry": entry}
    say(f"{said}\n{json.dumps(entry, indent=2)}", facts)


def _proof(index: int, folder: Path | None) -> str:
    if folder is None:
        from spe.cli.client import Api

        return Api().bytes(f"/v1/log/proof?index={index}").decode()
    from spe.audit.exported import ExportedLog
    from spe.audit.proof import proof_text

    return proof_text(ExportedLog(folder), index)
