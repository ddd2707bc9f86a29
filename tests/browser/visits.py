"""One person at one browser, doing what people do: read, click, type, press keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.served import Site

_EXPECTED = re.compile(r"status of (400|401|403|404)")


@dataclass
class Visit:
    """A page in a browser; `complaints` are what its console said beside refusals that a test asks for."""

    page: Page
    site: Site
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.set_default_timeout(10_000)

    def signs_in(self, who: str, path: str = "/") -> None:
        """Follow the demo's link, and choose the persona that it names."""
        self.page.goto(self.site.link(who, path))
        self.page.locator(f'button[value="{who}"]').click()
        self.page.wait_for_load_state()

    def goes(self, path: str) -> None:
        self.page.goto(self.site.url + path)

    def presses(self, name: str) -> None:
        """Press a button by its name, and prove who one is where that is asked."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()
        proof = self.page.get_by_role("button", name=re.compile("^It is me"))
        if proof.count():
            proof.click()
            self.page.get_by_role("button", name="Send it now").click()
            self.page.wait_for_load_state()

    def reads(self) -> str:
        return self.page.locator("main").inner_text()

    def keeps(self, name: str) -> None:
        """Keep a picture of the whole page."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(self.pictures / f"{name}.png"), full_page=True)

    def is_accessible(self) -> None:
        """Expect axe to find nothing."""
        results = Axe().run(self.page)
        assert results.violations_count == 0, results.generate_report()

    def fits(self) -> None:
        """Expect the page to need no scrolling sideways."""
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not _EXPECTED.search(text):
            self.complaints.append(text)
