"""Every text that pages say, found in templates and sources; `python -m tests.shape.page_texts` prints those without a translation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jinja2 import Environment

from spe.web.portal.texts import untranslated
from spe.web.problems import STATUS
from tests.shape.tree import ROOT

PORTAL = ROOT / "spe" / "web" / "portal"
BY_STATUS = ("Method not allowed", "Refused")


def used() -> set[str]:
    """Return the English of every text; of one with a plural the singular."""
    return {*_of_templates(), *_of_notices(), *(kind.title for kind in STATUS), *BY_STATUS}


def _of_templates() -> Iterator[str]:
    environment = Environment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    for file in sorted((PORTAL / "templates").glob("*.html")):
        for _line, _function, message in environment.extract_translations(file.read_text()):  # type: ignore[attr-defined]
            if message:  # none where a text is a variable: those are titles, below
                yield message if isinstance(message, str) else message[0]


def _of_notices() -> Iterator[str]:
    """Yield the texts of the table of notices."""
    tree = ast.parse((PORTAL / "notices.py").read_text())
    tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    for value in (value for table in tables for value in table.values):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def main() -> None:
    """Print what is missing."""
    for line in untranslated(used()):
        print(line)


if __name__ == "__main__":
    main()
