"""The record of processing activities as a page for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from spe.ropa.model import Activity, Kind, Party, Recipient, Ropa
from spe.ropa.words import LANGUAGES
from spe.subject.letter import LANGUAGES as LETTER

_DAY = 86_400


def page(ropa: Ropa, language: str) -> str:
    """Return the record as text; a language that isn't there is English."""
    known = language if language in LANGUAGES else "en"
    return "\n".join(_Writer({**LETTER[known], **LANGUAGES[known]}).lines(ropa)) + "\n"


@dataclass(frozen=True, slots=True)
class _Writer:
    words: Mapping[str, str]

    def lines(self, ropa: Ropa) -> Iterator[str]:
        """Yield the page, line by line."""
        yield self.words["title"]
        scope = ropa.scope or self.words["everybody"]
        yield self._say("of", scope=scope, at=ropa.at, size=ropa.size, register=ropa.register)
        if ropa.demo:
            yield self.words["demo"]
        if not ropa.activities:
            yield from ("", self.words["none"])
        for activity in ropa.activities:
            yield from ("", self._say(f"kind.{activity.kind}", id=activity.id))
            yield from (f"  {line}" for line in self._activity(activity))
        if ropa.missing:
            yield from ("", self.words["missing"])
            yield from (f"- {one}" for one in ropa.missing)

    def _activity(self, one: Activity) -> Iterator[str]:
        yield from map(self._party, one.parties)
        yield self._say("purpose", purpose=self.words.get(f"purpose.{one.purpose}", one.purpose))
        if one.legal_basis:
            yield self._say("law", basis=" + ".join(filter(None, (one.legal_basis, one.article_9))))
        people = self._list("people", one.people)
        counted = self._say("how_many", people=people, how_many=one.how_many) if one.how_many else people
        yield self._say("people", people=counted)
        yield self._say("data", data=self._list("data", one.data))
        yield self._say("recipients", recipients=self._named(one.recipients))
        yield self._say("transfers", transfers=self._named(one.transfers))
        if one.kind is Kind.PERMIT:
            status = self.words.get(f"status.{one.status}", one.status)
            yield self._say("time", begins=one.begins, ends=one.ends, status=status)
        yield self._say("limit", limit=self._say(f"limit.{one.limit}", days=one.kept_seconds // _DAY))
        yield self._say("measures", measures=self._list("measure", one.measures))
        if seen := one.evidence:
            counts = {"runs": seen.runs, "releases": seen.releases, "downloads": seen.downloads}
            yield self._say("evidence", issued=seen.issued, **counts)

    def _party(self, party: Party) -> str:
        unknown = self.words["unknown"]
        told = {name: getattr(party, name) or unknown for name in ("country", "contact", "officer")}
        return self._say("party", part=self.words[f"part.{party.part}"], name=party.name or party.id, **told)

    def _list(self, kind: str, codes: Iterable[str]) -> str:
        return ", ".join(self.words.get(f"{kind}.{code}", code) for code in codes) or self.words["nobody"]

    def _named(self, recipients: Iterable[Recipient]) -> str:
        names = [f"{one.id} ({one.country or self.words['unknown']})" for one in recipients]
        return ", ".join(names) or self.words["nobody"]

    def _say(self, name: str, /, **parts: object) -> str:
        return self.words[name].format(**parts)
