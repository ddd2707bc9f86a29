"""The two Python environments: the server's `.venv`, and the one that analyses run in, which is kept in a cache.

Every file comes by its hash from a lock file. The one package that exists only as source is built by a setuptools
that also came by its hash, so nothing is fetched that no lock names.
"""

from __future__ import annotations

import os
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Final

from spe.setup.console import call
from spe.setup.stamp import digest, is_whole, making

_RECIPE: Final = "1"
_SOURCE_ONLY: Final = "autograd-gamma"
_REMEDY: Final = "Is a package index reachable? Nothing half-made is used: call again."
PIP: Final = (
    "install",
    "--quiet",
    "--require-hashes",
    "--no-deps",
    "--no-input",
    "--disable-pip-version-check",
)
_SCRIPT: Final = "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\nimport sys\nfrom {module} import {name}\nsys.exit({name}())\n"


class ServerEnvironment:
    """`.venv` in the checkout: the locked packages, this checkout on its path, and the `spe` command."""

    title = "server environment .venv from requirements/dev.txt"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = root / "requirements" / "dev.txt"
        self.folder = root / ".venv"
        self._scripts = tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]
        self._key = digest(_RECIPE, str(root), repr(self._scripts), self._lock)

    def is_whole(self) -> bool:
        """Say whether there is nothing to do."""
        return is_whole(self.folder, self._key)

    def make(self) -> str:
        """Make it from nothing."""
        with making(self.folder, self._key):
            call([sys.executable, "-m", "venv", self.folder], "The environment can't be made.")
            pip: list[str | Path] = [self.folder / "bin" / "python", "-m", "pip"]
            call([*pip, *PIP, "--only-binary", ":all:", "-r", self._lock], _REMEDY)
            self._join_checkout()
        return "made"

    def _join_checkout(self) -> None:
        # A path file does what an editable install would, and builds and fetches nothing.
        site = next((self.folder / "lib").glob("python3.*")) / "site-packages"
        (site / "spe-checkout.pth").write_text(f"{self._root}\n")
        for script, target in self._scripts.items():
            module, name = target.split(":")
            file = self.folder / "bin" / script
            python = shlex.quote(str(self.folder / "bin" / "python"))
            file.write_text(_SCRIPT.format(python=python, module=module, name=name))
            file.chmod(0o755)


class RuntimeEnvironment:
    """What approved analyses run in, without pip, in `$SPE_CACHE` (`~/.cache/spe`) under its digest."""

    title = "analysis runtime from runtime/requirements.txt"

    def __init__(self, root: Path) -> None:
        self._lock = root / "runtime" / "requirements.txt"
        self._build = root / "runtime" / "build.txt"
        self._pip = root / ".venv" / "bin" / "python"
        self._key = digest(_RECIPE, self._lock, self._build)
        self.folder = cache() / "runtime-venv" / self._key[:16]

    def is_whole(self) -> bool:
        """Say whether there is nothing to do."""
        return is_whole(self.folder, self._key)

    def make(self) -> str:
        """Make it from nothing; the server environment must be whole, because its pip does the work."""
        with making(self.folder, self._key):
            call(
                [sys.executable, "-m", "venv", "--without-pip", self.folder], "The environment can't be made."
            )
            pip: list[str | Path] = [self._pip, "-m", "pip", "--python", self.folder / "bin" / "python"]
            binary = ("--only-binary", ":all:", "--no-compile")
            call([*pip, *PIP, *binary, "-r", self._build], _REMEDY)
            source = ("--no-binary", _SOURCE_ONLY, "--use-pep517", "--no-build-isolation")
            call([*pip, *PIP, *binary, *source, "-r", self._lock], _REMEDY)
            call([*pip, "uninstall", "--quiet", "--yes", "setuptools"], _REMEDY)
        return f"made in {self.folder}"


def cache() -> Path:
    """Return the folder for what checkouts share: `SPE_CACHE`, else `~/.cache/spe`."""
    return Path(os.environ.get("SPE_CACHE") or Path.home() / ".cache" / "spe").absolute()
