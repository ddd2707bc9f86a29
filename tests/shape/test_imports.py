"""Import rules that a list of layers can't say; a library or a stage that is not named here is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.shape.tree import ROOT, imports, module, name, python

STAGES = [
    "request",
    "decision",
    "permit",
    "code",
    "cohort",
    "workspace",
    "run",
    "output",
    "release",
    "consent",
    "catalogue",
    "identity",
]
BOUNDARY = {"adapters", "cli", "demo", "settings", "web", "wiring", "witness", "worker"}
MAY_IMPORT = {
    "alembic": {"adapters"},
    "babel": {"web"},
    "botocore": {"adapters"},
    "cryptography": {"crypto"},
    "fastapi": {"web"},
    "h11": {"web"},
    "httpx2": {"adapters", "cli", "demo"},
    "jinja2": {"web"},
    "joserfc": {"adapters"},
    "markupsafe": {"web"},
    "numpy": {"crypto"},
    "authlib": {"adapters"},
    "keycloak": {"adapters"},
    "opa_client": {"adapters"},
    "psycopg": {"adapters"},
    "pydantic": BOUNDARY,
    "pydicom": {"adapters"},
    "pyroaring": {"adapters", "cohort", "consent"},
    "regopy": {"adapters"},
    "requests": {"adapters"},
    "rich": {"cli", "demo"},
    "sqlalchemy": {"adapters"},
    "starlette": {"web", "witness"},
    "structlog": BOUNDARY | {"run"},
    "tenseal": {"crypto"},
    "typer": {"cli"},
    "urllib3": {"adapters"},
    "uvicorn": {"cli", "web", "witness"},
    "zstandard": {"crypto"},
    "yaml": BOUNDARY | {"policy"},
}
STANDARD_LIBRARY_ONLY = (
    "spe/setup",
    "spe/adapters/sandbox/first_start.py",
    "spe/adapters/sandbox/supervisor.py",
    "spe/output/recompute",
)
ACTING = {"service", "services", "office", "offices"}


def place(file: Path) -> str:
    return file.relative_to(ROOT / "spe").with_suffix("").parts[0]


@pytest.mark.parametrize("file", python("spe"), ids=name)
def test_each_library_is_imported_only_where_it_belongs(file: Path) -> None:
    known = {"spe", *sys.stdlib_module_names}
    libraries = {top for full in imports(file) if (top := full.split(".")[0]) not in known}
    assert {lib for lib in libraries if place(file) not in MAY_IMPORT.get(lib, set())} == set()


@pytest.mark.parametrize("file", [f for f in python("spe") if place(f) in STAGES], ids=name)
def test_a_stage_never_imports_what_acts_in_another_stage(file: Path) -> None:
    others = [full.split(".") for full in imports(file) if full.startswith("spe.")]
    acting = [
        ".".join(o)
        for o in others
        if len(o) > 2 and o[1] in STAGES and o[1] != place(file) and o[2] in ACTING
    ]
    assert acting == []


@pytest.mark.parametrize("hidden", ["adapters", "settings"])
def test_only_wiring_sees_settings_and_chooses_adapters(hidden: str) -> None:
    others = [f for f in python("spe") if place(f) not in {hidden, "wiring"}]
    seen = [(name(f), full) for f in others for full in imports(f) if f"{full}.".startswith(f"spe.{hidden}.")]
    assert seen == []


def closure(starts: list[Path]) -> set[Path]:
    """Return the files of `spe` that importing `starts` loads, the packages they are in included."""
    files = {module(file): file for file in python("spe")}
    found: set[Path] = set()
    waiting = list(starts)
    while waiting:
        file = waiting.pop()
        found.add(file)
        named = [full.split(".") for full in [module(file), *imports(file)]]
        prefixes = {".".join(parts[:length]) for parts in named for length in range(1, len(parts) + 1)}
        waiting += [files[prefix] for prefix in prefixes & files.keys() if files[prefix] not in found]
    return found


@pytest.mark.parametrize("path", STANDARD_LIBRARY_ONLY)
def test_what_runs_without_our_environment_loads_the_standard_library_only(path: str) -> None:
    starts = [f for f in python("spe") if name(f) == path or name(f).startswith(f"{path}/")]
    assert starts, f"{path} is gone: name its successor"
    foreign = {f"{name(file)}: {full}" for file in closure(starts) for full in imports(file)}
    assert {
        line for line in foreign if line.split(": ")[1].split(".")[0] not in {"spe", *sys.stdlib_module_names}
    } == set()
