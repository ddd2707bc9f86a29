"""`spe`: the groups of commands, each imported only when it is used, and the way out with the right exit code."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from spe.errors import SpeError

GROUPS = {
    "catalogue": "datasets: register, deliver, withdraw, list, show",
    "directive": "subjects' directives: import",
    "request": "access requests: preflight, submit, resubmit, return, withdraw, show",
    "case": "a committee's case: opine, declare, vote, grant, refuse, show",
    "permit": "data permits: show, fetch, verify, suspend, resume, hear, reply, revoke, wait",
    "code": "project code: register, show, file, approve, reject, wait",
    "cohort": "a permit's subjects at a site: show, wait",
    "ws": "workspaces: open, close, show, wait-gone",
    "run": "runs: start, stop, show, wait, record, twin-output",
    "output": "outputs: list, show, get, submit, answer, fix, review, wait",
    "release": "releases: ask, show, get, recall, verify, wait",
    "subject": "what subjects ask for: report, erase",
    "ropa": "the record of processing activities: export",
    "receipt": "holders' signed answers to a fact: list",
    "audit": "the log: head, keys, timeline, export, verify, prove, check-proof, reconcile, rotate-key",
    "witness": "a witness of logs: init, serve, key, alarms",
    "db": "the installation's database: migrate, check, backup, restore",
    "he": "encrypted sums: demo, decrypt",
    "policy": "the rules: explain, gates, check, build, key, sign",
    "identity": "the identity provider: bootstrap",
}
ALONE = {
    "login": "sign in at the server's identity provider",
    "logout": "sign out, here and there",
    "serve": "serve the API",
    "worker": "do the work that people asked for",
    "keyholder": "answer orders to open encrypted sums, with a share of their key",
    "doctor": "try every part that an installation needs",
}
_USAGE = 2
_INTERRUPTED = 130


class Groups(TyperGroup):
    """Knows its commands by name; their modules are imported when one of them is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the parent's signature
        """Return the groups, and the commands that stand alone."""
        return [*GROUPS, *ALONE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the parent's signature
        """Return a group or a command, from its own module."""
        if cmd_name in GROUPS:
            return typer.main.get_command(import_module(f"spe.cli.{cmd_name}").app)
        if cmd_name in ALONE:
            local: Any = typer.main.get_command(import_module("spe.cli.local").app)
            return local.commands[cmd_name]
        return None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the parent's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([*GROUPS.items(), *ALONE.items()])


app = typer.Typer(cls=Groups, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def spe() -> None:
    """A secure processing environment: request, decision, permit, code, run, output, release.

    Every command takes --json, --as PERSONA (demo), --token-file, --url and --lang.
    """


def run() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(main(sys.argv[1:]))


def main(words: list[str]) -> int:
    """Run one command and return its exit code: docs/reference/exit-codes.md lists them."""
    try:
        code = typer.main.get_command(app)(words, prog_name="spe", standalone_mode=False)
    except SpeError as error:
        return _failed(error, words)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except typer.Abort:
        return _INTERRUPTED
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        print(f"{error.format_message()}\nTry: spe --help", file=sys.stderr)
        return _USAGE
    return code if isinstance(code, int) else 0


def _failed(error: SpeError, words: list[str]) -> int:
    from spe.cli.failure import fail

    return fail(error, as_json="--json" in words)


if __name__ == "__main__":
    run()
