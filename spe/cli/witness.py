"""`spe witness`: a process of its own, best elsewhere, that cosigns a log's checkpoints while the log only grows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("A witness of logs.")
Folder = Annotated[Path, typer.Argument(help="The witness' own folder: key, what it saw, evidence")]


@verb(app)
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="The witness' name, such as witness.example/w1")],
    log: Annotated[
        list[str], typer.Option(help="A log's checkpoint key: name+hash+base64, or a file with it")
    ],
) -> None:
    """Make a witness, or let one know more logs, and print the key that verifies its cosignatures."""
    from spe.cli.show import say
    from spe.cli.signed import public_key
    from spe.witness.main import init as make

    made = make(folder, name, tuple(public_key(one) for one in log))
    say(made.text(), {"key": made.text(), "logs": len(log)})


@verb(app)
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="Where to listen; TLS is for a proxy in front")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes one that is free", min=0, max=65535)] = 8500,
) -> None:
    """Cosign what continues what was cosigned before, until Ctrl-C."""
    from spe.witness.main import serve as run

    def told(address: str) -> None:
        print(f"spe witness serves {address} until Ctrl-C", file=sys.stderr, flush=True)

    run(folder, host, port, told)


@verb(app)
def key(folder: Folder) -> None:
    """Print the key that verifies this witness' cosignatures."""
    from spe.cli.show import show
    from spe.witness.main import key as public

    show({"key": public(folder).text()})


@verb(app)
def alarms(folder: Folder) -> None:
    """Say which logs signed two histories; exit 12 when there is one, its checkpoints kept as evidence."""
    from spe.cli.show import say, show
    from spe.errors import IntegrityFailure
    from spe.values import to_data
    from spe.witness.main import alarms as raised

    found = raised(folder)
    if found:
        show({"alarms": to_data(found)})
        raise IntegrityFailure(f"two histories were signed by {', '.join(one.origin for one in found)}")
    say("no log signed two histories", {"alarms": []})
