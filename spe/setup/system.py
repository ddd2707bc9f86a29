"""Programs that only the system's package manager can bring, and whether we may ask it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from spe.errors import Unreachable
from spe.setup.console import call

_INSTALL = {
    "apt-get": ("install", "-y", "--no-install-recommends"),
    "dnf": ("install", "-y"),
    "apk": ("add",),
    "pacman": ("-S", "--noconfirm"),
    "zypper": ("--non-interactive", "install"),
}
_REFRESH = {"apt-get": ("update",), "apk": ("update",), "pacman": ("-Sy",)}


def bubblewrap() -> str:
    """Make sure that `bwrap` is there."""
    if shutil.which("bwrap"):
        return "already there"
    _install("bubblewrap")
    if not shutil.which("bwrap"):
        raise Unreachable("the package bubblewrap was installed, but there is no bwrap on PATH")
    return "installed"


def can_make_venvs() -> str:
    """Make sure that this interpreter can make virtual environments: Debian keeps that part in a package of its own."""
    if _has_ensurepip():
        return "can make environments"
    _install(f"python3.{sys.version_info.minor}-venv" if shutil.which("apt-get") else "python3-pip")
    importlib.invalidate_caches()
    if not _has_ensurepip():
        raise Unreachable(
            f"{sys.executable} lacks the module ensurepip; choose another: make ... PYTHON=/path/to/python3"
        )
    return "can make environments now"


def first_sandbox(root: Path) -> str:
    """Really start a sandbox, before anything large is installed for it, and return what it says isolates it."""
    script = root / "spe" / "adapters" / "sandbox" / "first_start.py"
    return call(
        [sys.executable, script], "Without a sandbox nothing of spe can run, so nothing was installed."
    ).strip()


def _has_ensurepip() -> bool:
    return importlib.util.find_spec("ensurepip") is not None


def _install(package: str) -> None:
    manager = next((name for name in _INSTALL if shutil.which(name)), None)
    if manager is None:
        raise Unreachable(
            f"{package} is needed and no known package manager is here: install it, then call again"
        )
    command = (manager, *_INSTALL[manager], package)
    prefix = _as_root(
        f"{package} is needed: have an administrator run `{' '.join(command)}`, then call again"
    )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        call([*prefix, *command], "", env)
    except Unreachable:
        if manager not in _REFRESH:
            raise
        call([*prefix, manager, *_REFRESH[manager]], "The package lists could not be refreshed.", env)
        call([*prefix, *command], f"Install {package} by hand, then call again.", env)


def _as_root(otherwise: str) -> tuple[str, ...]:
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo"):
        try:
            call(["sudo", "-n", "true"], "")
        except Unreachable:
            pass
        else:
            return ("sudo", "-n")
    raise Unreachable(otherwise)
