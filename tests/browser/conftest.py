"""Chromium over a served world; every test here is marked `browser`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.served import Site, open_site
from tests.browser.visits import Visit
from tests.shape.tree import ROOT

PICTURES = ROOT / "var" / "browser"
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program is not None, "there is no chromium: install the package chromium"
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *sandbox])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("served") / "home") as opened:
        yield opened


@pytest.fixture
def visits(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visit]]:
    """Return what opens a fresh browser for a persona; what the page complains of fails the test at its end."""
    opened: list[tuple[BrowserContext, Visit]] = []

    def visit(who: str, *, scripts: bool = True, width: int = 1100, **more: object) -> Visit:
        size = {"width": width, "height": 800}
        context = chromium.new_context(java_script_enabled=scripts, viewport=size, **more)  # type: ignore[arg-type]
        begun = Visit(context.new_page(), site, PICTURES / request.node.path.stem)
        opened.append((context, begun))
        begun.signs_in(who)
        return begun

    yield visit
    for context, begun in opened:
        context.close()
        assert begun.complaints == []
