"""Writes the reference pages on policy into the documentation."""

from __future__ import annotations

from pathlib import Path

from spe.adapters.policy_files import FOLDER, read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.policy.messages import catalogue
from spe.policy.pages import gates_page, reasons_page


def pages(policies: Path = FOLDER) -> dict[str, str]:
    """Return the pages by file name."""
    return {
        "gates.md": gates_page(QUESTIONS),
        "policy-reasons.md": reasons_page(catalogue(read_sources(policies))),
    }


def write_pages(folder: Path, policies: Path = FOLDER) -> None:
    """Write the pages into `folder` (`docs/reference`)."""
    for name, text in pages(policies).items():
        (folder / name).write_text(text, encoding="utf-8")
