"""Commands that stand alone: the processes themselves, and signing in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from spe.cli.options import group, verb

app = group("Processes, and signing in.")


@verb(app)
def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Synthetic people sign in; loopback only")] = False,
    host: Annotated[str, typer.Option(help="Where to listen; SPE_HOST where not given")] = "",
    port: Annotated[int, typer.Option(help="SPE_PORT where not given", max=65535)] = 0,
) -> None:
    """Serve the API until Ctrl-C."""
    from spe.web.main import main

    chosen: dict[str, Any] = {"demo": demo, "host": host, "port": port}
    settings = _settings(**{name: value for name, value in chosen.items() if value})
    print(f"spe serves http://{settings.host}:{settings.port} until Ctrl-C", file=sys.stderr, flush=True)
    main(settings)


@verb(app)
def worker() -> None:
    """Do the work that people asked for: permits, cohorts, runs, checks, releases; one a installation."""
    from spe.worker.main import main

    main(_settings())


@verb(app)
def keyholder(
    home: Annotated[Path, typer.Argument(help="The holder's folder: keys, shares, known.json")],
) -> None:
    """Answer orders to open encrypted sums: one a line on standard input, its reply or refusal a line on standard output."""
    from spe.keyholder.main import main

    main(home, sys.stdin, sys.stdout)


@verb(app)
def doctor() -> None:
    """Try every part that an installation needs, and say what to do about those that fail."""
    from spe.cli.show import show
    from spe.errors import Unreachable
    from spe.wiring.doctor import examine

    findings = tuple(examine(_settings()))
    show({one.part: f"{'ok' if one.well else 'NOT OK'}: {one.detail}" for one in findings})
    ill = [one.part for one in findings if not one.well]
    if ill:
        raise Unreachable("not as it should be: " + ", ".join(ill))


@verb(app)
def login() -> None:
    """Sign in at the server's identity provider, with a browser on any machine; both factors are asked for."""
    from spe.cli.client import Api
    from spe.cli.device_login import sign_in
    from spe.cli.options import options
    from spe.cli.show import say
    from spe.errors import Malformed

    ways = Api().ask("/v1/sign-in")
    if "issuer" not in ways:
        raise Malformed("this is a demo server: sign in with --as PERSONA")
    sign_in(options().url, str(ways["issuer"]), str(ways["client"]))
    say(f"signed in at {ways['issuer']}", {"issuer": ways["issuer"], "url": options().url})


@verb(app)
def logout() -> None:
    """End the session, here and at the identity provider."""
    from spe.cli.device_login import end, forget, kept
    from spe.cli.options import options
    from spe.cli.show import say

    found = kept(options().url)
    forget(options().url)
    if found is not None:
        end(found)
    say("signed out", {"url": options().url})


def _settings(**chosen: Any) -> Any:
    """Return the settings of the environment, with what the command line says instead."""
    import os

    from spe.wiring.process import settings_of

    return settings_of(os.environ, **chosen)
