"""The repository's own files, found without git so that a copy of it is checked just the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TOP: Final = frozenset(
    {
        ".ci", ".gitignore", "LICENSE", "Makefile", "README.md", "charts", "docs", "policies", "pyproject.toml",
        "requirements", "runtime", "spe", "tests",
    }
)  # fmt: skip
_MADE: Final = frozenset({"__pycache__", "node_modules", "build", "dist"})
_TEXT: Final = frozenset(
    {
        "",
        ".cfg",
        ".csv",
        ".in",
        ".json",
        ".md",
        ".py",
        ".rego",
        ".sh",
        ".sql",
        ".toml",
        ".txt",
        ".yaml",
        ".yml",
    }
)


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in _MADE and not path.name.endswith(("_cache", ".egg-info")):
            yield from _below(path)
        elif path.is_file():
            yield path


@cache
def files() -> tuple[Path, ...]:
    """Return every file below the top names that the repository has."""
    tops = [ROOT / name for name in sorted(TOP) if (ROOT / name).exists()]
    return tuple(file for top in tops for file in (_below(top) if top.is_dir() else (top,)))


def texts() -> tuple[Path, ...]:
    """Return the files that people wrote as text."""
    return tuple(file for file in files() if file.suffix in _TEXT)


def python(*tops: str) -> tuple[Path, ...]:
    """Return the Python files below `tops`."""
    return tuple(f for f in files() if f.suffix == ".py" and f.relative_to(ROOT).parts[0] in tops)


def name(file: Path) -> str:
    """Return the path inside the repository."""
    return file.relative_to(ROOT).as_posix()


def module(file: Path) -> str:
    """Return a Python file's module name."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(file: Path) -> Iterator[str]:
    """Yield the full name of everything that a Python file imports, wherever in the file."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{_source(file, node)}.{alias.name}" for alias in node.names)


def _source(file: Path, node: ast.ImportFrom) -> str:
    above = ".".join(file.relative_to(ROOT).parts[: -node.level]) if node.level else ""
    return ".".join(part for part in (above, node.module) if part)
