"""What people bring to a story: sites, small synthetic tables, applications, projects. Every person here is made up."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import spe
from spe.setup.environments import RuntimeEnvironment

CHECKOUT: Final = Path(spe.__file__).resolve().parents[1]
BREAST_CANCER, LUNG_CANCER = "MONDO:0007254", "MONDO:0008903"
FEW: Final = ("horTh", "tgrade", "time", "cens")
THERAPY: Final = {"field": "horTh", "name": "therapy", "map": {"no": "no", "yes": "yes"}}
GRADE: Final = {"field": "tgrade", "name": "grade", "map": {"I": "I", "II": "II", "III": "III"}}
EVENT: Final = {"field": "cens", "name": "event", "map": {"0": "no", "1": "yes"}}
_COLUMNS: Final = ("horTh", "age", "tgrade", "progrec", "estrec", "time", "cens")
_ALL: Final = ("horTh", "age", "menostat", "tsize", "tgrade", "pnodes", "progrec", "estrec", "time", "cens")


@dataclass(frozen=True, slots=True)
class Site:
    """A data holder, the persona who speaks for it, and what its pseudonyms begin with."""

    holder: str
    persona: str
    country: str
    prefix: str


MILANO: Final = Site("hospital-milano", "giulia.conti", "IT", "mi")
BERLIN: Final = Site("hospital-berlin", "karl.hoffmann", "DE", "be")
MADRID: Final = Site("hospital-madrid", "sofia.martin", "ES", "ma")


@dataclass(frozen=True, slots=True)
class Table:
    """A site's dataset: its rows in the codebook's order, the pseudonym first."""

    site: Site
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def id(self) -> str:
        return f"cohort-{self.site.holder.removeprefix('hospital-')}"

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self.rows)

    def csv(self) -> bytes:
        return as_csv([("pid", *self.columns), *self.rows])

    def entry(self) -> dict[str, Any]:
        pid = {"name": "pid", "meaning": "pseudonym", "type": "category", "group": "subject"}
        return {
            "id": self.id,
            "holder": self.site.holder,
            "organisation": self.site.holder,
            "title": f"Breast cancer follow-up, {self.site.holder}",
            "description": "Made for a test.",
            "country": self.site.country,
            "kind": "table",
            "identifiability": "pseudonymised",
            "duo": [{"code": "DUO:0000007", "parameter": BREAST_CANCER}, {"code": "DUO:0000019"}],
            "purposes": ["e", "d"],
            "subject_field": "pid",
            "variables": [pid, *(_VARIABLES[name] for name in self.columns)],
        }


def patients(site: Site = MILANO, size: int = 260, seed: int = 7) -> Table:
    """Return a table whose therapies and events are never rare, and of whose grade I few have hormones."""
    draw = random.Random(f"{site.prefix}{seed}")
    return Table(site, _COLUMNS, tuple(_patient(draw, site, at) for at in range(size)))


def block(site: Site) -> Table:
    """Return the site's third of GBSG2, 686 real patients, out of the package that carries it."""
    rows = _gbsg2()
    start = (MILANO, BERLIN, MADRID).index(site) * 229
    chosen = rows[start : start + 229]
    return Table(site, _ALL, tuple((pseudonym(site.prefix, at), *row) for at, row in enumerate(chosen)))


def pseudonym(prefix: str, at: int) -> str:
    return f"{prefix}-{sha256(f'{prefix} {at}'.encode()).hexdigest()[:12]}"


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def directives(lines: Iterable[tuple[str, str, str]], effective: str) -> bytes:
    """Return a directives file of (subject, kind, purpose), all effective at one instant."""
    return as_csv([("subject", "kind", "purpose", "effective"), *((*line, effective) for line in lines)])


def application(
    *tables: Table, route: str = "consortium", fields: Sequence[str] = FEW, **changes: Any
) -> dict[str, Any]:
    """Return an application that policy has nothing against; `changes` replace what it says."""
    ehds = route == "ehds"
    return {
        "title": "Hormone therapy and recurrence",
        "lay_summary": "How many stayed well, by therapy. What goes together, not what causes what.",
        "route": route,
        "purpose": "e",
        "purpose_detail": "Recurrence by therapy and grade.",
        "public_body": ehds,
        "commercial": False,
        "uses": ["analysis"],
        "disease": BREAST_CANCER,
        "datasets": [
            {"dataset": one.id, "variables": [{"name": name, "why": "compared"} for name in fields]}
            for one in tables
        ],
        "identifiability": "pseudonymised",
        "pseudonymised_why": "People can still withdraw.",
        "legal_basis": "6(1)(e)" if ehds else "6(1)(a)",
        "article_9": "9(2)(j)" if ehds else "9(2)(a)",
        "team": [{"id": "jonas.weber", "organisation": "tu-muenchen"}],
        "days": 90,
        "safeguards": "Only tables leave.",
        "tools": ["python"],
        "ethics_reference": "EC-1",
        "opt_out_exception": "",
        "publication": "An open article.",
    } | changes


def counts(name: str, *dimensions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the layout of a table of counts."""
    return {"name": name, "kind": "count", "file": f"{name}.csv", "dimensions": list(dimensions)}


THERAPY_TABLE: Final = counts("therapy", THERAPY, EVENT)
GRADE_TABLE: Final = counts("grade", GRADE, THERAPY, EVENT)


def project(*outputs: Mapping[str, Any], more: str = "", title: str = "Counts") -> dict[str, Any]:
    """Return a project that writes its count tables after `seconds`; `more` is source for the other outputs."""
    tables = [one for one in outputs if one["kind"] == "count"]
    source = _COUNTING.replace("TABLES_HERE", json.dumps(json.dumps(tables))) + more
    return {
        "title": title,
        "entry": "main.py",
        "files": [{"path": "main.py", "content": source}],
        "parameters": [{"name": "seconds", "type": "integer", "low": "0", "high": "60"}],
        "outputs": list(outputs),
    }


_COUNTING: Final = '''"""Counts people; every combination of labels has a row, also an empty one."""

import csv
import itertools
import json
import time
from collections import Counter

time.sleep(json.load(open("/job/parameters.json"))["seconds"])
with open("/job/data/cohort.csv", newline="") as file:
    rows = list(csv.DictReader(file))
for table in json.loads(TABLES_HERE):
    split = table["dimensions"]
    found = Counter(tuple(one["map"][row[one["field"]]] for one in split) for row in rows)
    with open("/outputs/" + table["file"], "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\\n")
        writer.writerow([*(one["name"] for one in split), "n"])
        for cell in itertools.product(*(dict.fromkeys(one["map"].values()) for one in split)):
            writer.writerow([*cell, found[cell]])
'''


def _patient(draw: random.Random, site: Site, at: int) -> tuple[str, ...]:
    grade = draw.choices(("I", "II", "III"), (12, 55, 33))[0]
    therapy, event = draw.choice(("no", "yes")), draw.choice("01")
    progesterone, oestrogen = draw.randint(0, 300), draw.randint(0, 60)
    age, days = draw.randint(30, 80), draw.randint(30, 2500)
    return (
        pseudonym(site.prefix, at),
        *map(str, (therapy, age, grade, progesterone, oestrogen, days, event)),
    )


@cache
def _gbsg2() -> tuple[tuple[str, ...], ...]:
    packages = next((RuntimeEnvironment(CHECKOUT).folder / "lib").glob("python3*/site-packages"))
    with (packages / "lifelines" / "datasets" / "gbsg2.csv").open(newline="") as file:
        return tuple(tuple(row) for row in csv.reader(file))[1:]


def _category(name: str, group: str, *categories: str) -> dict[str, Any]:
    return {"name": name, "meaning": name, "type": "category", "group": group, "categories": list(categories)}


def _whole(name: str, group: str, low: int, high: int) -> dict[str, Any]:
    return {"name": name, "meaning": name, "type": "integer", "group": group, "low": low, "high": high}


_VARIABLES: Final = {
    one["name"]: one
    for one in (
        _category("horTh", "treatment", "no", "yes"),
        _whole("age", "demographic", 18, 100),
        _category("menostat", "clinical", "Pre", "Post"),
        _whole("tsize", "clinical", 0, 200),
        _category("tgrade", "clinical", "I", "II", "III"),
        _whole("pnodes", "clinical", 0, 100),
        _whole("progrec", "biomarker", 0, 5000),
        _whole("estrec", "biomarker", 0, 5000),
        _whole("time", "outcome", 0, 4000),
        _category("cens", "outcome", "0", "1"),
    )
}
