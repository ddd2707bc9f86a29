"""What the steps of the tour share: the ways in, the book of receipts, and the identifiers that came up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spe.demo.answers import Answer
from spe.demo.book import Book
from spe.demo.call import Api, Cli
from spe.demo.home import Home
from spe.demo.hospitals import Hospital
from spe.demo.materials import Materials

APPLICANT, COLLEAGUE = "anna.ricci", "jonas.weber"
CHAIR, COMMITTEE = "elena.russo", ("elena.russo", "pieter.devries", "maria.silva")
APPROVERS = ("mikko.virtanen", "zofia.nowak")
CHECKERS, THIRD_CHECKER = ("claire.dubois", "tomas.novak"), "ines.costa"
AUDITOR, OPERATOR = "ruth.keller", "oscar.berg"
ENDED = frozenset({"finished", "failed", "stopped", "stopped_by_holder", "done"})
_GOING = frozenset({"queued", "running", "waiting", "in_sandbox"})


@dataclass(slots=True)
class Journey:
    """One walk through the tour; `ids` holds identifiers by the short names that the steps give them."""

    api: Api
    cli: Cli
    book: Book
    home: Home
    materials: Materials
    ids: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def keep(self, name: str, answer: Answer) -> Answer:
        """Keep what an answer is about under `name`."""
        self.ids[name] = answer.id
        return answer

    def file(self, name: str) -> str:
        """Return the path of something that people bring."""
        return str(self.materials.path(name))

    @property
    def milano(self) -> Hospital:
        """Return the first hospital."""
        return self.materials.hospitals[0]

    def post(self, who: str, path: str, **body: Any) -> Answer:
        """Do something through the API."""
        return self.api.post(who, path, body or None)

    def start(self, permit: str, site: str, code: str, kind: str, **parameters: str) -> Answer:
        """Start a run as the applicant."""
        body = {
            "permit": self[permit],
            "site": site,
            "code": self[code],
            "kind": kind,
            "parameters": parameters,
        }
        return self.api.post(APPLICANT, "/v1/runs", body)

    def ended(self, run: str, within: float = 60.0) -> Answer:
        """Return a run as its user hears of it once it has ended."""
        return self.api.until(
            APPLICANT, f"/v1/runs/{self[run]}", lambda one: one["state"] not in _GOING, within
        )

    def outputs(self, run: str, count: int) -> Mapping[str, Mapping[str, Any]]:
        """Return a run's outputs by name once all `count` are checked."""
        path = f"/v1/runs/{self[run]}/outputs"
        found = self.api.until(APPLICANT, path, lambda one: _all_checked(one["items"], count), 60.0)
        return {one["name"]: one for one in found.data["items"] if not one["parent"]}


def _all_checked(items: list[Mapping[str, Any]], count: int) -> bool:
    first = [one for one in items if not one["parent"]]
    return len(first) == count and all(one["status"] != "collected" for one in items)
