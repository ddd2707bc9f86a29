"""What pages say in the language of whoever reads: gettext catalogues, and instants with their zone.

English is the text in the source; a catalogue `texts/LANGUAGE.po` has it in another language. Reasons of refusals are not
here: they come with the policies, from the METADATA beside each rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_datetime
from babel.messages import Catalog
from babel.messages.pofile import read_po
from markupsafe import Markup

from spe.web.languages import LANGUAGES

FOLDER = Path(__file__).parent / "texts"
NAMES = {"en": "English", "it": "Italiano"}
_PATTERN = {"en": "d MMMM y, HH:mm", "it": "d MMMM y, HH:mm"}


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's texts."""

    language: str

    def gettext(self, text: str) -> str:
        """Return a text; one that nobody translated reads English."""
        found = _catalogue(self.language).get(text)
        return str(found.string) if found is not None and found.string else text

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return the text for so many of something."""
        catalogue = _catalogue(self.language)
        found = catalogue.get(one)
        if found is None or not isinstance(found.string, tuple | list):
            return one if count == 1 else many
        return str(found.string[0 if count == 1 else 1])

    def when(self, instant: int | str) -> Markup:
        """Return an instant (seconds since 1970, or as the log writes it) as people read it, in UTC and saying so."""
        at = _instant(instant)
        if at is None:
            return Markup("–")
        read = format_datetime(at, _PATTERN[self.language], locale=self.language)
        return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(), read)


def untranslated(used: set[str]) -> Iterator[str]:
    """Yield `language: text` for each text in use that a catalogue lacks, and each that it has beyond those."""
    for language in LANGUAGES[1:]:
        catalogue = _catalogue(language)
        whole = {_id(message.id) for message in catalogue if message.id and _said(message.string)}
        yield from (f"{language}: {text}" for text in sorted(used - whole))
        yield from (f"{language}: no page says: {text}" for text in sorted(whole - used))


@cache
def _catalogue(language: str) -> Catalog:
    file = FOLDER / f"{language}.po"
    if not file.exists():
        return Catalog(language)
    with file.open("rb") as source:
        return read_po(source, language, abort_invalid=True)


def _id(message_id: object) -> str:
    return str(message_id[0]) if isinstance(message_id, tuple | list) else str(message_id)


def _said(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _instant(instant: int | str) -> datetime | None:
    if isinstance(instant, int):
        return datetime.fromtimestamp(instant, UTC) if instant else None
    try:
        return datetime.fromisoformat(instant).astimezone(UTC)
    except ValueError:
        return None
