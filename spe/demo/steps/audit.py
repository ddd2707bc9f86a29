"""The auditor reads what happened, takes the log away and finds every change to it, offline."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from spe.demo.answers import Answer
from spe.demo.journey import APPLICANT, AUDITOR, Journey

_AT = 40
Entries = list[bytes]


def audit(tour: Journey) -> None:
    """Read, export, verify; then edit, delete, reorder and truncate copies of the export."""
    book = tour.book
    book.head("13 The auditor: what happened, and that nobody changed it")
    words = ("audit", "timeline", tour["permit"], "--limit", "200")
    timeline = tour.cli(AUDITOR, *words)
    book.check(
        "13.1 The permit's timeline",
        AUDITOR,
        "issued first, then more than 20 entries",
        lambda: _told(timeline),
    )
    book.note(_types(timeline))
    book.step(
        "13.2 A researcher reads it: refused",
        APPLICANT,
        "10",
        lambda: tour.api.get(APPLICANT, "/v1/log/timeline"),
    )
    folder = tour.materials.path("log")
    exported = tour.cli(AUDITOR, "audit", "export", str(folder))
    book.check("13.3 The whole log is exported", AUDITOR, "0", lambda: str(exported.code))
    changes: tuple[tuple[str, Callable[[Entries], Entries], str], ...] = (
        ("edited", _edited, str(_AT)),
        ("deleted", _deleted, str(_AT)),
        ("reordered", _reordered, str(_AT)),
        ("truncated", _truncated, "last"),
    )
    book.together(
        lambda: book.step(
            "13.4 Verified offline with the public key alone", AUDITOR, "0", lambda: _verify(tour, folder)
        ),
        *(
            lambda what=what, change=change, at=at: _changed(tour, what, change, at)
            for what, change, at in changes
        ),
    )


def _changed(tour: Journey, what: str, change: Callable[[Entries], Entries], at: str) -> None:
    copy = tour.materials.path(f"log-{what}")
    shutil.copytree(tour.materials.path("log"), copy)
    bundle = min((copy / "tile" / "entries").rglob("*"), key=lambda path: (not path.is_file(), str(path)))
    before = _read(bundle)
    bundle.write_bytes(b"".join(len(entry).to_bytes(2, "big") + entry for entry in change(before)))
    index = len(before) - 1 if at == "last" else int(at)
    answer = _verify(tour, copy)
    tour.book.check(
        f"13.5 Entry {index} {what}: found", AUDITOR, f"12 entry {index}", lambda: _names(answer, index)
    )


def _names(answer: Answer, index: int) -> str:
    detail = str(answer.data.get("detail", ""))
    return f"{answer.code} entry {index}" if f" {index}" in detail else f"{answer.code} {detail}"


def _verify(tour: Journey, folder: Path) -> Answer:
    answer = tour.cli("", "audit", "verify", str(folder), "--key", tour["key-checkpoint"])
    return Answer(answer.code, {"detail": answer.data.get("detail", answer.text[-300:])})


def _read(bundle: Path) -> Entries:
    data, entries, at = bundle.read_bytes(), [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return entries


def _edited(entries: Entries) -> Entries:
    changed = bytearray(entries[_AT])
    changed[len(changed) // 2] ^= 1
    return [*entries[:_AT], bytes(changed), *entries[_AT + 1 :]]


def _deleted(entries: Entries) -> Entries:
    return entries[:_AT] + entries[_AT + 1 :]


def _reordered(entries: Entries) -> Entries:
    return [*entries[:_AT], entries[_AT + 1], entries[_AT], *entries[_AT + 2 :]]


def _truncated(entries: Entries) -> Entries:
    return entries[:-1]


def _told(timeline: Answer) -> str:
    types = [str(one.get("type", "")) for one in timeline.data.get("items", [])]
    first = "issued first" if types and types[0] == "permit.issued" else f"{types[:1]} first"
    return f"{first}, then {'more than 20' if len(types) > 20 else len(types)} entries"


def _types(timeline: Answer) -> str:
    types = [str(one.get("type", "")) for one in timeline.data.get("items", [])]
    return " → ".join(dict.fromkeys(types))
