"""The tutorial's commands are typed as they stand, by a shell, against a demo with an empty log but for its data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.demo.book import Book
from spe.demo.home import Home
from spe.demo.journey import Journey
from spe.demo.steps import catalogue
from spe.demo.tour import journey
from tests.shape.tree import ROOT

PAGE = ROOT / "docs" / "tutorials" / "tour.md"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^exit code (\d+)$", re.MULTILINE)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Journey]:
    home = Home(tmp_path / "demo", port=0)
    try:
        home.start()
        tour = journey(home, Book())
        catalogue.catalogue(tour)
        catalogue.directives(tour)
        yield tour
    finally:
        home.stop()


def typed(tour: Journey) -> str:
    """The page's shell blocks, with this demo's places instead of those of `make demo`."""
    script = "\n".join(text for kind, text in BLOCK.findall(PAGE.read_text()) if kind == "sh")
    places = {
        "$PWD/var/demo/home": str(tour.home.home),
        "http://127.0.0.1:8400": tour.home.url,
        "$PWD/.venv/bin": str(Path(sys.executable).parent),
        "cd var/demo/materials": f"cd {tour.materials.folder}",
    }
    for place, instead in places.items():
        assert place in script, f"the tutorial no longer says {place}"
        script = script.replace(place, instead)
    return f"set -eu\n{script}"


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(300)
def test_every_command_of_the_tutorial_does_what_the_page_says(demo: Journey) -> None:
    expected = [
        code
        for kind, text in BLOCK.findall(PAGE.read_text())
        if kind == "text"
        for code in CODE.findall(text)
    ]
    done = subprocess.run(
        ["bash", "-c", typed(demo)],
        env={name: value for name, value in os.environ.items() if not name.startswith("SPE_")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert CODE.findall(done.stdout) == expected
    assert "by-therapy.csv" in done.stdout
