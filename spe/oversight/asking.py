"""What an auditor asks for, held to what there is: a misspelt type or role would read as an empty log."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from spe.audit import events
from spe.audit.events.model import catalogue
from spe.audit.search import Search, instant
from spe.errors import Malformed
from spe.identity.model import Role


@cache
def types() -> frozenset[str]:
    """Return every type of entry there is."""
    for module in iter_modules(events.__path__):
        import_module(f"{events.__name__}.{module.name}")
    return frozenset(catalogue())


def checked(search: Search) -> Search:
    """Return `search` with its instants as entries write them; `Malformed` for what no entry can be like."""
    wanted = f"{search.type.rstrip('.')}."
    if search.type and not any(f"{name}.".startswith(wanted) for name in types()):
        raise Malformed("type: there is no type of entry of this name, and none that begins with it")
    if search.role and search.role not in set(Role):
        raise Malformed("role: one of " + ", ".join(Role))
    since, before = instant(search.since, "since"), instant(search.before, "before")
    return replace(search, since=since, before=before)
