"""Printing answers: JSON with the API's own fields, or indented text for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from spe.cli.options import options
from spe.cli.paint import paint


def show(value: Mapping[str, Any]) -> None:
    """Print an answer."""
    if options().json:
        print(json.dumps(value, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(value, "")))


def done(what: str, answer: Mapping[str, Any]) -> None:
    """Print that something was done: its identifier, status and the log's entry."""
    if options().json:
        show(answer)
        return
    status = f" is {answer['status']}" if answer.get("status") else ""
    print(f"{paint('✔', 'green')} {what}: {answer['id']}{status}, log entry {answer['index']}")


def say(text: str, value: Mapping[str, Any]) -> None:
    """Print a sentence to people, and its facts as JSON to programs."""
    if options().json:
        show(value)
    else:
        print(f"{paint('✔', 'green')} {text}")


def raw(data: bytes) -> None:
    """Write bytes as they are to standard output; on a terminal only what it can't mistake for a command."""
    if sys.stdout.isatty():
        text = data.decode("utf-8", "replace")
        print("".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text), end="")
        return
    sys.stdout.buffer.write(data)


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, (Mapping, list)) and inner:
                yield f"{indent}{paint(str(name), 'bold')}:"
                yield from _lines(inner, indent + "  ")
            else:
                yield f"{indent}{paint(str(name), 'bold')}: {plain(inner)}"
        return
    for item in value:
        if isinstance(item, (Mapping, list)) and item:
            first, *rest = list(_lines(item, indent + "  "))
            yield f"{indent}- {first.strip()}"
            yield from rest
        else:
            yield f"{indent}- {plain(item)}"


def plain(value: Any) -> str:
    """Return one value without control characters: a terminal must not obey what somebody typed."""
    if value is None or (isinstance(value, list | dict) and not value):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "".join(char if char.isprintable() else " " for char in str(value))
