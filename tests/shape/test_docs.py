from __future__ import annotations

import re
from pathlib import Path

from tests.shape.tree import ROOT, files, name

PAGES = [file for file in files() if file.suffix == ".md"]
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(
    r"(?<!!)\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)",
    re.MULTILINE,
)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|`)make ([a-z][a-z-]*)", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return False
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target)


def test_links_inside_the_repository_lead_somewhere() -> None:
    links = [(p, "".join(groups)) for p in PAGES for groups in LINK.findall(FENCE.sub("", p.read_text()))]
    assert [(name(page), link) for page, link in links if broken(page, link)] == []


def test_every_make_command_in_a_page_exists() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = {word for page in PAGES for word in COMMAND.findall(page.read_text())}
    assert named - targets == set()


def test_the_readme_and_the_folder_of_documents_are_there() -> None:
    assert ROOT / "README.md" in PAGES
    assert any(name(page).startswith("docs/") for page in PAGES)
