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
    "receipt": "holders' signed answers to a fact: list",
    "audit": "the log: head, timeline, export, verify",
    "policy": "the rules: explain, check, build",
}
_USAGE = 2
_INTERRUPTED = 130


class Groups(TyperGroup):
    """Knows its groups by name; their modules are imported when one of them is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the groups' names, and commands that stand alone."""
        return [*GROUPS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a group, from its own module."""
        if cmd_name not in GROUPS:
            return super().get_command(ctx, cmd_name)
        return typer.main.get_command(import_module(f"spe.cli.{cmd_name}").app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the groups without importing them."""
        alone = [(name, self.commands[name].get_short_help_str(70)) for name in super().list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([*GROUPS.items(), *alone])


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
