"""The shared libraries that a set of programs needs, as the dynamic loader itself resolves them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from spe.errors import Unreachable

_FOUND = re.compile(r"^\s+(\S+) => (/\S+) \(0x[0-9a-f]+\)$")
_LOADER = re.compile(r"^\s+(/\S+/ld-[^\s/]+) \(0x[0-9a-f]+\)$")
_MISSING = re.compile(r"^\s+(\S+) => not found$")
_BATCH = 64


def closure(programs: Iterable[Path]) -> tuple[dict[str, Path], Path]:
    """Return the libraries by the name that programs ask for, and the ELF loader at its own path; both on the host.

    Raises `Unreachable` where a library is missing or `ldd` can't be run.
    """
    found: dict[str, Path] = {}
    missing: set[str] = set()
    loaders: set[Path] = set()
    names = [str(path) for path in programs]
    for start in range(0, len(names), _BATCH):
        for line in _ldd(names[start : start + _BATCH]):
            if match := _FOUND.match(line):
                found.setdefault(match[1], Path(match[2]))
            elif match := _LOADER.match(line):
                loaders.add(Path(match[1]))
            elif match := _MISSING.match(line):
                missing.add(match[1])
    if missing - found.keys() or len(loaders) != 1:
        raise Unreachable(
            f"the runtime can't be closed: missing {sorted(missing)}, loaders {sorted(map(str, loaders))}"
        )
    return found, loaders.pop()


def _ldd(names: list[str]) -> list[str]:
    try:
        done = subprocess.run(
            ["ldd", *names],
            capture_output=True,
            text=True,
            timeout=300,
            env={"PATH": "/usr/bin:/bin"},
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as cause:
        raise Unreachable(f"ldd, which finds the runtime's shared libraries, does not run: {cause}") from None
    return done.stdout.splitlines()
