"""Every verb of the command line goes through the API, which answers for each call in the log; or says here why it needn't."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import typer

from spe.audit.events.model import catalogue
from spe.cli.main import ALONE, GROUPS
from tests.shape.event_pages import events

LOCAL = {
    "audit verify": "reads an export that anybody may have",
    "audit check-proof": "reads a proof that anybody may have",
    "permit verify": "reads a signed document that its owner has",
    "release verify": "reads a released zip that its owner has",
    "policy explain": "reads the texts that come with the program",
    "policy gates": "reads the questions that come with the program",
    "policy check": "reads the policies that come with the program",
    "policy build": "reads the policies that come with the program",
    "policy key": "makes a key before there is a log that it could be named in; activating what it signs is an entry",
    "policy sign": "reads the policies that come with the program; activating what it signs is an entry",
    "directive template": "prints the heading of an empty file",
    "witness init": "makes the folder of a witness, which is apart from every installation",
    "witness serve": "is a witness' process, which is apart from every installation",
    "witness key": "prints the public key of a witness' folder",
    "witness alarms": "reads the evidence in a witness' folder",
    "db migrate": "makes tables and gives rights, opens no record and no object",
    "identity bootstrap": "changes Keycloak, which keeps events of its own; opens no record and no object",
    "logout": "ends the session at the identity provider, which keeps events of its own",
    "he demo": "makes parties and numbers of its own, in a folder of its own",
    "he decrypt": "shows what its owner has as a release, and nothing else",
    "keyholder": "is another organisation's process, with a record of its own",
    "db check": "compares the database with itself, shows no record",
    "doctor": "tries what a start needs, opens no record and no object",
}
LEAVES = {
    "serve": "process.started",
    "worker": "process.started",
    "audit reconcile": "audit.reconciled",
    "audit rotate-key": "audit.key_rotated",
    "db backup": "audit.copied",
    "db restore": "audit.restored",
}


def verbs() -> Iterator[tuple[str, Any]]:
    """Yield every verb as it is typed, with the function that does it."""
    for name in (*GROUPS, "local"):
        command: Any = typer.main.get_command(import_module(f"spe.cli.{name}").app)
        yield from _below("" if name == "local" else f"{name} ", command)


def _below(typed: str, group: Any) -> Iterator[tuple[str, Any]]:
    for verb, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from _below(f"{typed}{verb} ", found)
        else:
            yield f"{typed}{verb}", inspect.unwrap(found.callback)


VERBS = dict(verbs())


def test_the_tables_name_verbs_that_there_are() -> None:
    assert set(ALONE) <= set(VERBS)
    assert (set(LOCAL) | set(LEAVES)) - set(VERBS) == set()
    assert set(LOCAL) & set(LEAVES) == set()
    events()
    assert set(LEAVES.values()) <= set(catalogue())


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_calls_the_api_or_says_why_it_leaves_no_entry_by_it(verb: str) -> None:
    calls = "Api()" in _source(VERBS[verb])
    assert calls is (verb not in LOCAL and verb not in LEAVES)


def _source(act: Any) -> str:
    """Return the source of the function, and of what it calls in its own module."""
    module = inspect.getmodule(act)
    source = inspect.getsource(act)
    called = set(re.findall(r"(?<![\w.])(\w+)\(", source))
    own = [value for name, value in vars(module).items() if name in called and inspect.isfunction(value)]
    return source + "".join(inspect.getsource(one) for one in own if one.__module__ == act.__module__)
