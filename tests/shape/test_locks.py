from __future__ import annotations

import json
import re
import tomllib

import pytest

from tests.shape.tree import ROOT

LOCKS = (
    "requirements/dev.txt",
    "requirements/pages/node.txt",
    "runtime/requirements.txt",
    "runtime/build.txt",
)
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==\S+", re.MULTILINE)


def pinned(lock: str) -> set[str]:
    return set(PIN.findall((ROOT / lock).read_text()))


def plain(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[]", requirement)[0]).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    entries = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
    loose = [
        e
        for e in entries
        if e.strip() and not e.lstrip().startswith("#") and not (PIN.match(e) and "--hash=sha256:" in e)
    ]
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_index(lock: str) -> None:
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url", (ROOT / lock).read_text()) == []


def test_the_server_lock_holds_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    assert {plain(requirement) for requirement in asked} - pinned("requirements/dev.txt") == set()


@pytest.mark.parametrize("kind", ["requirements", "build"])
def test_the_runtime_locks_hold_what_they_were_asked_for(kind: str) -> None:
    asked = {plain(line) for line in (ROOT / f"runtime/{kind}.in").read_text().splitlines() if line.strip()}
    assert asked - pinned(f"runtime/{kind}.txt") == set()


def test_analysis_tools_stay_out_of_the_server() -> None:
    assert (
        pinned("requirements/dev.txt") & {"lifelines", "matplotlib", "pandas", "scikit-learn", "scipy"}
        == set()
    )


def test_what_pages_take_from_npm_is_pinned_by_its_hash_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "requirements/pages/package-lock.json").read_text())
    asked = json.loads((ROOT / "requirements/pages/package.json").read_text())["dependencies"]
    brought = {name: one for name, one in lock["packages"].items() if name}
    assert {f"node_modules/{name}" for name in asked} <= set(brought)
    for one in brought.values():
        assert one["integrity"].startswith("sha512-")
        assert "resolved" not in one
