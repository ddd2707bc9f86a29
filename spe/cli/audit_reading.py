"""`spe audit timeline`: what the log holds about something, for people, for programs, and for other systems."""

from __future__ import annotations

from typing import Annotated

import typer

from spe.cli.log_format import Format


def timeline(  # noqa: PLR0913, PLR0917 - one parameter an option
    about: Annotated[
        str, typer.Argument(help="A permit, a dataset, a subject, a person, any identifier; else everything")
    ] = "",
    type_: Annotated[
        str, typer.Option("--type", help="A type of entry, or what types begin with: permit")
    ] = "",
    since: Annotated[str, typer.Option("--from", help="Not before: 2026-03-01T09:00:00+01:00")] = "",
    before: Annotated[str, typer.Option("--to", help="Before: 2026-03-02T09:00:00+01:00")] = "",
    role: Annotated[str, typer.Option(help="Only what somebody of this role did")] = "",
    organisation: Annotated[str, typer.Option("--org", help="Only what somebody of it did")] = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="Also a permit's request, code, runs, outputs, releases")
    ] = False,
    after: Annotated[str, typer.Option(help="Only what comes after this index")] = "",
    limit: Annotated[int, typer.Option(help="How many entries to show", min=1)] = 50,
    zone: Annotated[str, typer.Option(help="Zone of the times shown, such as Europe/Rome")] = "UTC",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="The same as --format jsonl")] = False,
    format_: Annotated[
        Format | None, typer.Option("--format", help="Everything that fits, one JSON object a line")
    ] = None,
) -> None:
    """Show what the log holds about something, in order; reading it is an entry too."""
    from spe.cli.client import Api
    from spe.cli.log_pages import show_entries, write_lines

    query = {
        "about": about,
        "type": type_,
        "since": since,
        "before": before,
        "role": role,
        "organisation": organisation,
        "whole": "true" if whole else "false",
        "after": after,
    }
    if jsonl or format_ is not None:
        write_lines(Api(), query, format_ or Format.JSONL)
    else:
        show_entries(Api(), query, limit, zone)


def hints(
    since: Annotated[str, typer.Option("--from", help="Not before; 30 days ago where not given")] = "",
    before: Annotated[str, typer.Option("--to", help="Before")] = "",
) -> None:
    """Show what is out of the ordinary: repeated queries, probing, odd hours; questions to ask, never findings."""
    from spe.cli.client import Api
    from spe.cli.hints import show_hints

    show_hints(Api().get("/v1/log/hints", since=since, before=before))


def purge(
    before: Annotated[str, typer.Option(help="Entries from before: 11mo, 2y, 90d ago, or an instant")],
) -> None:
    """Refused, always, with the reasons: entries of the log are never deleted; the refusal is an entry."""
    from spe.cli.client import Api

    Api().post("/v1/log/purge", {"before": before})
