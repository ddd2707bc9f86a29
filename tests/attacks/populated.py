"""An installation in which there is one of everything, and the names of all of it by the noun of its address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from spe.adapters.personas import PERSONAS, Persona, PersonaIssuer
from spe.audit.records import Record
from spe.catalogue.model import Dataset
from spe.code.model import Code
from spe.identity.model import Role
from spe.output.model import Output
from spe.oversight.model import Hold
from spe.permit.model import DataPermit
from spe.release.model import Release
from spe.request.model import AccessRequest
from spe.run.model import Run, RunKind
from spe.wiring import sign_in
from tests.builders import MILANO
from tests.cast import Cast
from tests.invariants.journey import go
from tests.world import World, open_world

ELSEWHERE = "elsewhere"
STRANGERS = tuple(
    Persona(f"stranger.{role.replace('_', '-')}", role, ELSEWHERE, (role,), "is of no project here",
            "hospital-elsewhere" if role is Role.DATA_HOLDER else "")
    for role in Role if role is not Role.WORKER
)  # fmt: skip
_NOUNS: Mapping[str, type[Record]] = {
    "cases": AccessRequest,
    "codes": Code,
    "datasets": Dataset,
    "holds": Hold,
    "outputs": Output,
    "permits": DataPermit,
    "releases": Release,
    "requests": AccessRequest,
    "runs": Run,
}
_PARAMETER = re.compile(r"\{([a-z]+)(?::path)?\}")


@dataclass(frozen=True, slots=True)
class Populated:
    """A world, who belongs to the project in it, and what there is: identifiers by noun."""

    world: World
    cast: Cast
    subject: str
    there: Mapping[str, tuple[str, ...]]

    def path(self, template: str, at: int = 0, missing: str = "") -> str:
        """Return the address of something that is there; with `missing`, of what is named so and isn't."""
        parts = template.split("/")
        named = missing or self._name(parts, at)
        first = _PARAMETER.sub(named, template, count=1)
        return _PARAMETER.sub(lambda found: self._inner(found[1]), first)

    def _name(self, parts: list[str], at: int) -> str:
        noun = next((part for part, inner in pairwise(parts) if inner.startswith("{")), "")
        noun = "twins" if "twin-outputs" in parts else noun
        found = self.there[noun] if noun else ("",)
        return found[at % len(found)]

    def _inner(self, name: str) -> str:
        return {"site": MILANO.holder, "path": "main.py", "name": "therapy"}[name]


@contextmanager
def populated(home: Path) -> Iterator[Populated]:
    """Open a world, go through every stage in it, and let strangers of every role sign in too."""
    everybody = partial(PersonaIssuer, personas=(*PERSONAS, *STRANGERS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_in, "PersonaIssuer", everybody)
        with open_world(home) as world:
            cast = Cast(world)
            permit, table = go(cast)
            _add(cast, permit)
            yield Populated(world, cast, table.subjects[0], _there(world))


def _add(cast: Cast, permit: str) -> None:
    """Add what the journey passes by: a twin run, a hold."""
    researcher = cast.researcher
    code = str(researcher.get(f"/runs/{_there(cast.world)['runs'][0]}")["code"])
    researcher.waits(researcher.starts(permit, MILANO, code, "twin"))
    cast.auditor.post("/holds", about=permit, reason="a claim in court")


def _there(world: World) -> dict[str, tuple[str, ...]]:
    assert world.watched is not None
    values = [put.value for change in world.watched.changes for put in change.puts]
    found = {noun: _ids(values, kind) for noun, kind in _NOUNS.items()}
    twins = tuple(str(one.id) for one in values if isinstance(one, Run) and one.kind is RunKind.TWIN)
    versions = {"language": ("it",), "assets": ("0" * 16,)}
    return {**found, **versions, "twins": twins, "holders": (MILANO.holder,)}


def _ids(values: list[Record], kind: type[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one.id) for one in values if type(one) is kind))
