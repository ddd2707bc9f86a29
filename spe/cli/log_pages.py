"""Walking the log through the API, page by page, and printing what comes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from spe.cli.client import Api
from spe.cli.entries import lines
from spe.cli.log_format import Format
from spe.cli.options import options
from spe.cli.show import show
from spe.errors import Malformed

_PAGE = 1000


def walk(api: Api, query: Mapping[str, str], limit: int = _PAGE) -> Iterator[dict[str, Any]]:
    """Yield page after page of the log as it was at the first, each at most `limit` entries."""
    page = api.get("/v1/log/timeline", **query, limit=min(limit, _PAGE))
    yield page
    while page["next"] is not None:
        more = {**query, "after": page["next"], "size": page["size"]}
        page = api.get("/v1/log/timeline", **more, limit=min(limit, _PAGE))
        yield page


def write_lines(api: Api, query: Mapping[str, str], wanted: Format) -> None:
    """Print everything that fits, one JSON object a line, page after page, until nobody reads any more."""
    write = _writer(api, wanted)
    try:
        for page in walk(api, query):
            for entry in page["items"]:
                print(json_line(write(entry)))
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def json_line(value: Mapping[str, Any]) -> str:
    """Return one line of ASCII: no letter in it ends the line early, or tells a terminal anything."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _writer(api: Api, wanted: Format) -> Callable[[dict[str, Any]], dict[str, Any]]:
    if wanted is Format.JSONL:
        return lambda entry: entry
    from spe.oversight.formats.fhir import to_fhir
    from spe.oversight.formats.ocsf import to_ocsf

    origin = str(api.ask("/v1/log/head")["key"]).partition("+")[0]
    made = to_fhir if wanted is Format.FHIR else to_ocsf
    return lambda entry: made(entry, origin)


def show_entries(api: Api, query: Mapping[str, str], limit: int, zone: str) -> None:
    """Print up to `limit` entries for people, or as the API answers with --json."""
    if options().json:
        show(_first(api, query, limit))
        return
    there = zone_of(zone)
    found = _first(api, query, limit)
    for entry in found["items"]:
        print("\n".join(lines(entry, there)))
    if found["next"] is not None:
        print(f"… more: --after {found['next']}, or everything with --jsonl")
    elif not found["items"]:
        print("Nothing in the log fits.")


def _first(api: Api, query: Mapping[str, str], limit: int) -> dict[str, Any]:
    """Return up to `limit` entries as one page, however many pages of the API that takes."""
    items: list[Any] = []
    following, size = None, 0
    more: Mapping[str, Any] = query
    while len(items) < limit:
        page = api.get("/v1/log/timeline", **more, limit=min(limit - len(items), _PAGE))
        items += page["items"]
        following, size = page["next"], page["size"]
        if following is None:
            break
        more = {**query, "after": following, "size": size}
    return {"items": items, "next": following, "size": size}


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its name; `Malformed` for none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Malformed("--zone: a name of the time zone database, such as Europe/Rome") from None
