"""Writing out what people bring to the tour: entries, tables, requests, letters and project folders."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from spe.demo.hospitals import Hospital, hospitals, wdbc_table, whole_gbsg2
from spe.errors import Unreachable

SOURCES = Path(__file__).resolve().parent / "materials"
_WHY = {
    "horTh": "hormone therapy is what is compared",
    "tgrade": "prognosis differs by grade",
    "time": "days until the event, for life tables",
    "cens": "whether the event came",
    "age": "patients are described by age, and figures adjusted for it",
    "menostat": "figures are adjusted for it",
    "tsize": "figures are adjusted for it",
    "pnodes": "figures are adjusted for it",
    "progrec": "receptor status goes with the choice of therapy",
    "estrec": "receptor status goes with the choice of therapy",
}
BREAST_CANCER, LUNG_CANCER = "MONDO:0007254", "MONDO:0008903"
CONSORTIUM: Mapping[str, str] = {
    "title": "Recurrence by grade and hormone therapy",
    "route": "consortium",
    "purpose": "e",
    "public_body": "false",
    "uses": "analysis, statistics",
    "legal_basis": "6(1)(a)",
    "article_9": "9(2)(a)",
    "days": "90",
}
EHDS: Mapping[str, str] = {
    **CONSORTIUM,
    "title": "Receptors and hormone therapy",
    "route": "ehds",
    "public_body": "true",
    "legal_basis": "6(1)(e)",
    "article_9": "9(2)(j)",
}
_DAYS = 2661
_FEW = ("horTh", "tgrade", "time", "cens")
_MORE = (*_FEW, "age", "tsize", "progrec", "estrec")


@dataclass(frozen=True, slots=True)
class Materials:
    """The folder with everything that people bring, and the hospitals whose data are in it."""

    folder: Path
    hospitals: tuple[Hospital, ...]
    entries: Mapping[str, Mapping[str, Any]]

    def path(self, name: str) -> Path:
        """Return one of the files or folders."""
        return self.folder / name


def write_materials(folder: Path) -> Materials:
    """Write everything that the tour needs into `folder`, which is made."""
    folder.mkdir(parents=True)
    runtime = runtime_folder()
    found = hospitals(runtime)
    entries = [_write_hospital(folder, hospital) for hospital in found]
    entries += _write_biobank(folder, runtime)
    _write_requests(folder, found)
    copy_projects(folder)
    for letter in (SOURCES / "letters").iterdir():
        (folder / letter.name).write_bytes(letter.read_bytes())
    return Materials(folder, found, {entry["id"]: entry for entry in entries})


def write_figures_materials(folder: Path) -> Materials:
    """Write what `make figures` needs: GBSG2 whole at one holder and in blocks at three, a request, the project."""
    folder.mkdir(parents=True)
    runtime = runtime_folder()
    found = (whole_gbsg2(runtime), *hospitals(runtime))
    entries = {one.dataset: _write_hospital(folder, one) for one in found}
    wanted = {one.dataset: tuple(_WHY) for one in found}
    (folder / "request.yaml").write_text(request({**EHDS, "title": "Published figures of GBSG2"}, wanted))
    copy_projects(folder)
    (folder / "grant-ehds.txt").write_bytes((SOURCES / "letters" / "grant-ehds.txt").read_bytes())
    return Materials(folder, found, entries)


def runtime_folder() -> Path:
    """Return the analysis runtime's environment: the packages in it carry the demo's data."""
    done = subprocess.run(
        [sys.executable, "-m", "spe.setup", "runtime"], capture_output=True, text=True, check=False
    )
    folder = Path(done.stdout.strip())
    if done.returncode or not (folder / "lib").is_dir():
        raise Unreachable("the analysis runtime is not there: call `make demo`, which sets it up")
    return folder


def codebook(name: str) -> list[dict[str, Any]]:
    """Return the variables of a codebook in the catalogue's words."""
    with (SOURCES / "codebooks" / f"{name}.csv").open(newline="") as file:
        return [_variable(row) for row in csv.DictReader(file)]


def request(
    chosen: Mapping[str, str], wanted: Mapping[str, Sequence[str]], disease: str = BREAST_CANCER
) -> str:
    """Return an application as YAML; `wanted` are variables by dataset."""
    lines = []
    for dataset, names in wanted.items():
        lines += [f"  - dataset: {dataset}", "    variables:"]
        lines += [f"      - {{name: {name}, why: {json.dumps(_WHY[name])}}}" for name in names]
    text = Template((SOURCES / "requests" / "request.yaml.in").read_text())
    return text.substitute(chosen, datasets="\n".join(lines)).replace(BREAST_CANCER, disease)


def copy_projects(folder: Path) -> None:
    """Write the project folders, without the `.in` that keeps them from being taken for code of ours."""
    for source in sorted((SOURCES / "projects").rglob("*.in")):
        target = folder / source.relative_to(SOURCES / "projects").with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text().replace("$daily", str(list(range(_DAYS)))))


def _write_hospital(folder: Path, hospital: Hospital) -> dict[str, Any]:
    city = hospital.city.lower()
    terms: dict[str, list[dict[str, str]]] = {
        "milano": [_term("0000007", BREAST_CANCER), _term("0000046"), _term("0000019")],
        "berlin": [_term("0000006"), _term("0000046"), _term("0000021")],
        "madrid": [_term("0000007", "MONDO:0004992"), _term("0000046"), _term("0000025", "24")],
        "uppsala": [_term("0000042")],
    }
    entry = {
        "id": hospital.dataset,
        "holder": hospital.id,
        "organisation": hospital.id,
        "title": f"GBSG2, the block at {hospital.city}",
        "description": "Rows of the German Breast Cancer Study Group 2 trial. The split by hospital is artificial.",
        "country": hospital.country,
        "kind": "table",
        "identifiability": "pseudonymised",
        "duo": terms[city],
        "purposes": ["e", "d"],
        "subject_field": "pid",
        "variables": codebook("gbsg2"),
    }
    (folder / f"{hospital.dataset}.yaml").write_text(_entry(entry))
    (folder / f"{hospital.dataset}.csv").write_bytes(hospital.table())
    (folder / f"directives-{city}.csv").write_bytes(hospital.directives())
    return entry


def _write_biobank(folder: Path, runtime: Path) -> list[dict[str, Any]]:
    shared = {
        "holder": "biobank-uppsala",
        "organisation": "biobank-uppsala",
        "country": "SE",
        "purposes": ["e", "d"],
    }
    variables = codebook("wdbc")
    wdbc = shared | {
        "id": "wdbc-uppsala",
        "title": "WDBC, cell nuclei of breast biopsies",
        "description": "Wisconsin Diagnostic Breast Cancer: 30 measurements of the nuclei in a fine-needle aspirate.",
        "kind": "table",
        "identifiability": "anonymised",
        "anonymisation_evidence": "No identifier, date or place; published since 1995; measurements of a slide only.",
        "duo": [_term("0000042")],
        "subject_field": "sample",
        "variables": variables,
    }
    images = shared | {
        "id": "dicom-uppsala",
        "title": "DICOM files that pydicom ships",
        "description": "Small files of many modalities: the entry and a summary of their headers, no pixel.",
        "kind": "imaging",
        "identifiability": "pseudonymised",
        "duo": [_term("0000042")],
        "imaging": _header_summary(),
    }
    (folder / "wdbc-uppsala.yaml").write_text(_entry(wdbc))
    (folder / "wdbc-uppsala.csv").write_bytes(wdbc_table(runtime, [one["name"] for one in variables]))
    (folder / "dicom-uppsala.yaml").write_text(_entry(images))
    return [wdbc, images]


def _header_summary() -> dict[str, Any]:
    """Return the summary that the holder's tool makes of pydicom's own files."""
    where = "import pydicom.data, pathlib; print(pathlib.Path(pydicom.data.__file__).parent / 'test_files')"
    folder = subprocess.run(
        [sys.executable, "-c", where], capture_output=True, text=True, check=True
    ).stdout.strip()
    tool = [sys.executable, "-m", "spe.adapters.dicom_headers", folder]
    summary: dict[str, Any] = json.loads(
        subprocess.run(tool, capture_output=True, text=True, check=True).stdout
    )
    return summary


def _write_requests(folder: Path, found: tuple[Hospital, ...]) -> None:
    everywhere = {hospital.dataset: _FEW for hospital in found}
    milano = {found[0].dataset: _MORE}
    drafts = {
        "request": request(CONSORTIUM, everywhere),
        "request-ehds": request(EHDS, milano),
        "advertising": request({**CONSORTIUM, "uses": "advertising"}, everywhere),
        "no-article-9": request({**EHDS, "route": "consortium", "article_9": ""}, milano),
        "lung-cancer": request(CONSORTIUM, everywhere, LUNG_CANCER),
        "beyond-purpose": request(
            {**EHDS, "purpose": "d", "uses": "education"}, {found[0].dataset: (*_FEW, "progrec")}
        ),
    }
    for name, text in drafts.items():
        (folder / f"{name}.yaml").write_text(text)


def _term(number: str, parameter: str = "") -> dict[str, str]:
    return {"code": f"DUO:{number}", "parameter": parameter}


def _variable(row: Mapping[str, str]) -> dict[str, Any]:
    variable: dict[str, Any] = {name: row[name] for name in ("name", "meaning", "type", "group")}
    if row["categories"]:
        variable["categories"] = row["categories"].split("|")
    if row["high"]:
        variable |= {"low": float(row["low"]), "high": float(row["high"])}
    return variable | ({"unit": row["unit"]} if row["unit"] else {})


def _entry(entry: Mapping[str, Any]) -> str:
    """Return an entry as YAML, one field a line and one variable a line."""
    lines = []
    for name, value in entry.items():
        if name in {"variables", "duo"}:
            lines += [f"{name}:", *(f"  - {json.dumps(one)}" for one in value)]
        else:
            lines.append(f"{name}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"
