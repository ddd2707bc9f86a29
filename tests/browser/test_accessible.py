"""Every page that is built: axe finds nothing, 320 pixels are enough, and the keyboard alone does the work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.served import Site
from tests.browser.visits import Visit

Visits = Callable[..., Visit]
PAGES = (
    ("ruth.keller", "home", "/"),
    ("ruth.keller", "log", "/log"),
    ("ruth.keller", "log-found", "/log?about={permit}&whole=yes"),
    ("ruth.keller", "log-refused", "/log?since=yesterday"),
    ("elena.russo", "committee", "/"),
    ("elena.russo", "cases", "/cases"),
    ("elena.russo", "case", "/cases/{case}"),
    ("elena.russo", "case-half", "/cases/{half}"),
    ("claire.dubois", "checker", "/"),
    ("claire.dubois", "outputs", "/outputs"),
    ("claire.dubois", "output", "/outputs/{clean}"),
    ("claire.dubois", "output-stopped", "/outputs/{stopped}"),
    ("anna.ricci", "no-pages-yet", "/"),
    ("anna.ricci", "search", "/search?q=x"),
    ("anna.ricci", "nothing-there", "/cases/req-00000000000000000000"),
    ("anna.ricci", "components", "/components"),
    ("anna.ricci", "sign-in", "/sign-in?as=ruth.keller"),
    ("anna.ricci", "wrong-secret", "/sign-in?secret=wrong"),
)


@pytest.mark.parametrize(("who", "name", "path"), PAGES, ids=[name for _, name, _ in PAGES])
def test_a_page_has_no_barrier_in_either_language_and_fits_a_narrow_screen(
    visits: Visits, site: Site, who: str, name: str, path: str
) -> None:
    visit = visits(who, reduced_motion="reduce")
    for language in ("it", "en"):
        visit.goes(f"/language/{language}")
        visit.goes(path.format(**site.ids))
        visit.is_accessible()
        visit.keeps(f"{name}-{language}")
    visit.page.set_viewport_size({"width": 320, "height": 640})
    visit.fits()
    visit.is_accessible()
    visit.keeps(f"{name}-320")


def test_forced_colours_and_twice_the_size_leave_everything_there(visits: Visits, site: Site) -> None:
    visit = visits("claire.dubois", forced_colors="active", width=640)
    visit.goes(f"/outputs/{site.ids['stopped']}")
    visit.keeps("forced-colours")
    visit.is_accessible()
    visit.fits()


def test_pages_after_an_act_and_before_a_proof_have_no_barrier(visits: Visits, site: Site) -> None:
    visit = visits("ruth.keller")
    visit.goes("/log")
    visit.presses("Verify now")
    visit.is_accessible()
    visit.keeps("verified")
    visit = visits("tomas.novak")
    visit.goes(f"/outputs/{site.ids['clean']}")
    visit.page.get_by_role("button", name="Reject", exact=True).click()
    visit.page.wait_for_load_state()
    visit.is_accessible()
    visit.keeps("refused-with-reasons")
    visit.page.fill("#note", "Because.")
    visit.page.get_by_role("button", name="Reject", exact=True).click()
    visit.page.wait_for_load_state()
    visit.is_accessible()
    visit.keeps("prove-who-you-are")
    visit.page.get_by_role("button").last.click()
    visit.is_accessible()
    visit.keeps("go-on")


def test_the_keyboard_alone_votes(visits: Visits, site: Site) -> None:
    """Tab to each control, as somebody without a pointer; focus is never lost and always seen."""
    visit = visits("maria.silva")
    path = f"/cases/{site.ids['half']}"
    visit.goes(path)
    _reach(visit, "#conflict-yes")
    visit.page.keyboard.press("ArrowRight")
    assert visit.page.locator("#conflict-no").is_checked()
    _reach(visit, 'button:has-text("Declare")')
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**done=declaration**")
    _reach(visit, "#favour-yes")
    visit.page.keyboard.press("Space")
    _reach(visit, "#rationale")
    visit.page.keyboard.type("It helps patients.")
    _reach(visit, 'button:has-text("Cast your vote")')
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_load_state()
    _reach(visit, 'button:has-text("It is me")')
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_load_state()
    _reach(visit, 'button:has-text("Send it now")')
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**done=vote**")
    assert "Your vote is cast." in visit.reads()


def test_the_skip_link_comes_first_and_leads_to_the_content(visits: Visits) -> None:
    visit = visits("elena.russo")
    visit.goes("/cases")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"


def test_the_first_page_weighs_at_most_a_hundred_kilobytes(visits: Visits, site: Site) -> None:
    visit = visits("elena.russo")
    total = 0
    answers = []
    visit.page.on("requestfinished", lambda request: answers.append(request.sizes()))
    visit.goes("/cases")
    visit.page.wait_for_load_state("networkidle")
    total = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in answers)
    assert 0 < total <= 100_000


def _reach(visit: Visit, selector: str) -> None:
    wanted = visit.page.locator(selector).last
    for _ in range(80):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        visit.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} can't be reached by Tab")
