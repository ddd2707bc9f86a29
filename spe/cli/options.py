"""Options that every command takes, and how a command is made: `@verb(app)` instead of `@app.command()`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

DEFAULT_URL = "http://127.0.0.1:8400"
SECRET = "persona-secret"  # noqa: S105 - the name of a file
_PANEL = "Everywhere"


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller chose: how to print, whom to be, whom to ask."""

    json: bool = False
    persona: str = ""
    token_file: Path | None = None
    url: str = DEFAULT_URL
    language: str = "en"


_CHOSEN: ContextVar[Options] = ContextVar("options")
_ENDING: ContextVar[ExitStack] = ContextVar("ending")


def options() -> Options:
    """Return the options of the running command, those of the environment before one runs."""
    return _CHOSEN.get(Options())


def secret_file() -> Path:
    """Return where the demo server writes its persona secret."""
    return Path(os.environ.get("SPE_HOME", "var/spe")) / SECRET


def group(help_text: str) -> typer.Typer:
    """Return an empty group of commands."""
    app = typer.Typer(help=help_text, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    app.callback()(_stay_a_group)
    return app


def at_end(close: Callable[[], None]) -> None:
    """Call `close` when the running command ends, however it ends."""
    _ENDING.get().callback(close)


def verb(app: typer.Typer, name: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make the function a command of `app` that also takes the options of every command."""

    def decorate(act: Callable[..., None]) -> Callable[..., None]:
        @wraps(act)
        def called(**given: Any) -> None:
            common = {key: given.pop(key) for key in _HINTS}
            _CHOSEN.set(_options(**common))
            with ExitStack() as ending:
                _ENDING.set(ending)
                act(**given)

        parameters = [
            *inspect.signature(act).parameters.values(),
            *inspect.signature(_options).parameters.values(),
        ]
        hints = get_type_hints(act, include_extras=True)
        called.__annotations__ = {**hints, **_HINTS}
        called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                one.replace(annotation=called.__annotations__[one.name], kind=one.KEYWORD_ONLY)
                for one in parameters
            ]
        )
        app.command(name)(called)
        return act

    return decorate


def _stay_a_group() -> None:
    # Without this a group of one command would become that command.
    return


def _options(
    *,
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON, the same fields as the API", rich_help_panel=_PANEL)
    ] = False,
    as_: Annotated[
        str,
        typer.Option("--as", envvar="SPE_AS", help="Demo only: the persona to be", rich_help_panel=_PANEL),
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(envvar="SPE_TOKEN_FILE", help="File with a bearer token", rich_help_panel=_PANEL),
    ] = None,
    url: Annotated[
        str, typer.Option(envvar="SPE_URL", help="The server", rich_help_panel=_PANEL)
    ] = DEFAULT_URL,
    lang: Annotated[
        str, typer.Option(envvar="SPE_LANG", help="Language of reasons: en or it", rich_help_panel=_PANEL)
    ] = "en",
) -> Options:
    return Options(json_, as_, token_file, url.rstrip("/"), lang)


_HINTS = {
    name: hint for name, hint in get_type_hints(_options, include_extras=True).items() if name != "return"
}
