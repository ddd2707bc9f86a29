"""The people of the stories, speaking through the API in the verbs of their role."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from spe.audit.verify import BadLog, Verified, verify_export
from tests.builders import Site, Table, directives
from tests.world import Refused, World, digest_header

_TABLE = "text/csv"
_PAGE = 200


@contextmanager
def refused(*codes: str) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Expect the API to refuse with exactly these codes, in any order."""
    with pytest.raises(Refused) as caught:
        yield caught
    assert sorted(caught.value.codes) == sorted(codes), str(caught.value)


@dataclass(frozen=True, slots=True)
class Voice:
    """One signed-in person."""

    world: World
    id: str

    def get(self, path: str, **query: Any) -> Any:
        return self.world.call(self.id, "GET", path, params=query)

    def post(self, path: str, **said: Any) -> Any:
        return self.world.call(self.id, "POST", path, json=said)

    def send(self, path: str, content: bytes) -> Any:
        headers = {"Content-Type": _TABLE, "Content-Digest": digest_header(content)}
        return self.world.call(self.id, "POST", path, content=content, headers=headers)


class Holder(Voice):
    """Speaks for a hospital."""

    def registers(self, table: Table) -> None:
        self.post("/datasets", **table.entry())
        self.send(f"/datasets/{table.id}/data", table.csv())

    def records(self, site: Site, *lines: tuple[str, str, str]) -> Any:
        """Record (subject, kind, purpose) lines, effective a second ago."""
        effective = (self.world.clock.now() - timedelta(seconds=1)).isoformat()
        return self.send(f"/holders/{site.holder}/directives", directives(lines, effective))

    def cohort(self, permit: str, site: Site) -> Any:
        return self.get(f"/permits/{permit}/sites/{site.holder}/cohort")


class Researcher(Voice):
    """Applies for data, and works with them."""

    def preflights(self, draft: Mapping[str, Any], language: str = "en") -> Any:
        headers = {"Accept-Language": language}
        return self.world.call(self.id, "POST", "/requests/preflight", json=draft, headers=headers)

    def submits(self, draft: Mapping[str, Any]) -> str:
        return str(self.post("/requests", **draft)["id"])

    def registers(self, permit: str, project: Mapping[str, Any]) -> str:
        return str(self.post(f"/permits/{permit}/codes", **project)["id"])

    def opens(self, permit: str, site: Site) -> None:
        self.world.call(self.id, "POST", f"/permits/{permit}/sites/{site.holder}/workspace/open")

    def workspace(self, permit: str, site: Site) -> str:
        return str(self.get(f"/permits/{permit}/sites/{site.holder}/workspace")["status"])

    def cohort(self, permit: str, site: Site) -> Any:
        return self.get(f"/permits/{permit}/sites/{site.holder}/cohort")

    def starts(self, permit: str, site: Site, code: str, kind: str = "real", seconds: int = 0) -> str:
        asked = {"permit": permit, "site": site.holder, "code": code, "kind": kind}
        return str(self.post("/runs", **asked, parameters={"seconds": str(seconds)})["id"])

    def hears(self, run: str) -> Any:
        return self.get(f"/runs/{run}")

    def waits(self, run: str) -> Any:
        """Wait until the run has ended, as far as its user hears, and return what is heard."""
        going = {"queued", "running", "waiting", "in_sandbox"}
        return self.world.until(lambda: heard if (heard := self.hears(run))["state"] not in going else None)

    def outputs(self, run: str) -> dict[str, Any]:
        """Return a run's outputs by name, once the machine has looked at each."""

        def checked() -> dict[str, Any] | None:
            found = self.get(f"/runs/{run}/outputs")["items"]
            ready = found and all(one["status"] not in {"collected", "held"} for one in found)
            return {one["name"]: one for one in found if not one["parent"]} if ready else None

        found: dict[str, Any] = self.world.until(checked)
        return found

    def output(self, id_: str) -> Any:
        """Return an output once the machine has looked at it."""
        path = f"/outputs/{id_}"
        return self.world.until(
            lambda: one if (one := self.get(path))["status"] not in {"collected", "held"} else None
        )

    def takes_fix(self, output: str) -> str:
        return str(self.world.call(self.id, "POST", f"/outputs/{output}/fix")["id"])

    def brings(self, output: str, reason: str = "") -> None:
        self.post(f"/outputs/{output}/submit", text=reason)

    def asks_release(self, permit: str, site: Site, *outputs: str) -> str:
        asked = {"permit": permit, "site": site.holder, "outputs": list(outputs)}
        return str(self.post("/releases", **asked)["id"])

    def release(self, id_: str) -> Any:
        """Return a release once it is made or stopped."""
        path = f"/releases/{id_}"
        return self.world.until(
            lambda: one if (one := self.get(path))["status"] not in {"pending", "held"} else None
        )

    def downloads(self, release: str) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.get(f"/releases/{release}/content"))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


class Committee:
    """The data access committee: its chair, its members, and the ways they speak together."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chair = Voice(world, "elena.russo")
        self.members = (self.chair, Voice(world, "pieter.devries"), Voice(world, "maria.silva"))
        self.from_bologna = Voice(world, "luca.ferrari")

    def opines(self, case: str) -> None:
        for member, kind in ((self.members[1], "technical"), (self.members[2], "ethics_legal")):
            member.post(f"/cases/{case}/opinions", kind=kind, favourable=True, text="sound")

    def declares(self, case: str) -> None:
        for member in self.members:
            member.post(f"/cases/{case}/declarations", conflict=False, text="none")

    def votes(self, case: str, *voters: Voice) -> None:
        for member in voters or self.members:
            member.post(f"/cases/{case}/votes", favour=True, rationale="more use than risk")

    def decides(self, case: str, days: int = 30, *, aggregates_only: bool = True) -> None:
        terms = {"days": days, "aggregates_only": aggregates_only}
        letter = "Granted: the purpose is lawful and the data are few."
        self.chair.post(f"/cases/{case}/decision", grant=True, letter=letter, conditions=terms)

    def grants(self, case: str, days: int = 30, *, aggregates_only: bool = True) -> str:
        """Go the whole way to a grant, and return the permit that the worker then issues."""
        self.opines(case)
        self.declares(case)
        self.votes(case)
        self.decides(case, days, aggregates_only=aggregates_only)
        permit = str(self.world.until(lambda: self._permit(case)))
        self.world.tick()
        return permit

    def _permit(self, case: str) -> str:
        try:
            return str(self.chair.get(f"/requests/{case}/permit")["id"])
        except Refused:
            return ""

    def tells(self, permit: str, verb: str, text: str) -> Any:
        """Suspend, resume, hear, or revoke."""
        return self.chair.post(f"/permits/{permit}/{verb}", text=text)


class Pair:
    """Two people of two organisations who do the same work apart, and a third."""

    def __init__(self, world: World, first: str, second: str, third: str) -> None:
        self.first, self.second, self.third = (Voice(world, one) for one in (first, second, third))


class Approvers(Pair):
    """Read code and approve it; the third is of the first one's organisation."""

    def approve(self, code: str) -> None:
        for one in (self.first, self.second):
            self.approves(one, code)
        one.world.tick()

    def approves(self, one: Voice, code: str) -> Any:
        return one.post(f"/codes/{code}/approve", digest=one.get(f"/codes/{code}")["digest"])


class Checkers(Pair):
    """Look at outputs; the third settles what the two disagree on."""

    def approve(self, output: str) -> None:
        self.answers(self.first, output, "approve")
        self.answers(self.second, output, "approve")

    def answers(self, one: Voice, output: str, answer: str, note: str = "") -> str:
        """Answer on the bytes as they are now, and return where the output then stands."""
        seen = one.get(f"/outputs/{output}")["sha256"]
        return str(one.post(f"/outputs/{output}/reviews", answer=answer, sha256=seen, note=note)["status"])


class Auditor(Voice):
    """Reads the log, and believes only what verifies."""

    def timeline(self, about: str = "") -> list[dict[str, Any]]:
        """Return every entry about something, in order."""
        return self.finds(about=about)

    def finds(self, **search: Any) -> list[dict[str, Any]]:
        """Return every entry that fits, of the log as it was at the first page."""
        page = self.get("/log/timeline", **search, limit=_PAGE)
        found: list[dict[str, Any]] = page["items"]
        while page["next"] is not None:
            more = {"after": page["next"], "size": page["size"], "limit": _PAGE}
            page = self.get("/log/timeline", **search, **more)
            found += page["items"]
        return found

    def hints(self, **period: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/log/hints", **period)["items"]
        return found

    def types(self, about: str = "") -> list[str]:
        return [entry["type"] for entry in self.timeline(about)]

    def receipts(self, site: Site, subject: str) -> list[dict[str, Any]]:
        """Return what each holder answered to the newest fact about a subject."""
        found = self.get("/receipts", about=f"{site.holder}/{subject}")["items"]
        newest = max((one["fact"] for one in found), default="")
        return [one for one in found if one["fact"] == newest]

    def key(self, kind: str = "checkpoint") -> str:
        return str(self.world.http.get("/v1/keys").json()[kind])

    def exports(self, folder: Path) -> Path:
        """Export the log as a folder."""
        self.world.tick()
        with zipfile.ZipFile(io.BytesIO(self.get("/log/export"))) as archive:
            archive.extractall(folder)
        return folder

    def verifies(self, folder: Path) -> Verified:
        return verify_export(folder, self.key())

    def proves(self, folder: Path, about: str, story: Sequence[str]) -> None:
        """End a story: its steps are in the log in order and provable, and one edited entry is found by its index."""
        told = self.timeline()
        assert ordered(story, [entry["type"] for entry in told]), missing(story, told)
        assert self.types(about), f"the log knows nothing of {about}"
        export = self.exports(folder)
        assert self.verifies(export).size > told[-1]["index"]
        index = edit(export, lambda entry: story[-1] == entry["type"])
        with pytest.raises(BadLog) as bad:
            self.verifies(export)
        assert bad.value.index == index
        assert bad.value.exact


def ordered(story: Sequence[str], told: Sequence[str]) -> bool:
    """Say whether the steps of `story` come in `told` in that order, whatever is between them."""
    rest = iter(told)
    return all(step in rest for step in story)


def missing(story: Sequence[str], told: Sequence[Mapping[str, Any]]) -> str:
    rest = iter([entry["type"] for entry in told])
    return next(f"{step} is not there in its place" for step in story if step not in rest)


def edit(export: Path, wanted: Callable[[Mapping[str, Any]], bool]) -> int:
    """Change one letter of the last exported entry that is wanted, and return its index."""
    bundles = sorted((export / "tile" / "entries").rglob("*"), key=_first_index)
    found = [place for bundle in bundles if bundle.is_file() for place in _places(bundle, wanted)]
    bundle, at, index = found[-1]
    data = bytearray(bundle.read_bytes())
    place = data.index(b'"at":"2', at) + len(b'"at":"2')
    data[place] ^= 1
    bundle.write_bytes(bytes(data))
    return index


def _first_index(bundle: Path) -> int:
    return int(bundle.parent.stem if bundle.parent.name.endswith(".p") else bundle.stem)


def _places(bundle: Path, wanted: Callable[[Mapping[str, Any]], bool]) -> Iterator[tuple[Path, int, int]]:
    data, at, index = bundle.read_bytes(), 0, _first_index(bundle) * 256
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        if wanted(json.loads(data[at + 2 : at + 2 + length])):
            yield bundle, at + 2, index
        at, index = at + 2 + length, index + 1
