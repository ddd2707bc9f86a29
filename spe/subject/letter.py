"""A subject's report as a letter in plain language, English or Italian, every instant in one named zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from spe.subject import english, italian
from spe.subject.instants import moment
from spe.subject.model import DirectiveTold, Report, UseTold

LANGUAGES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": english.WORDS, "it": italian.WORDS})


def letter(report: Report, language: str, zone: ZoneInfo) -> str:
    """Return the report as text; a language that isn't there is English."""
    return "\n".join(_Writer(LANGUAGES.get(language, english.WORDS), zone).lines(report)) + "\n"


@dataclass(frozen=True, slots=True)
class _Writer:
    words: Mapping[str, str]
    zone: ZoneInfo

    def lines(self, report: Report) -> Iterator[str]:
        """Yield the letter, line by line."""
        yield from (self.words["title"], "")
        yield self._say("to", subject=report.subject, holder=report.holder)
        yield self._say("as_of", at=self._at(report.at), size=report.size)
        yield self.words["article"]
        yield from self._section("datasets", tuple(self._datasets(report)))
        yield from self._section("directives", tuple(self._directives(report)))
        yield from self._section("uses", tuple(line for use in report.uses for line in self._use(use)))
        yield from self._section("looks", tuple(self._looks(report)))
        for name, lines in (("kept", 4), ("rights", 7), ("check", 2)):
            stem = "right" if name == "rights" else name
            yield from self._section(
                name, tuple(f"- {self.words[f'{stem}_{at + 1}']}" for at in range(lines))
            )

    def _section(self, name: str, lines: tuple[str, ...]) -> Iterator[str]:
        yield from ("", self.words[name].upper(), "")
        yield from lines or (self.words[f"no_{name}"],)

    def _datasets(self, report: Report) -> Iterator[str]:
        for one in report.datasets:
            how = self.words.get(one.identifiability, one.identifiability)
            line = self._say(
                "dataset", title=one.title, id=one.id, organisation=one.organisation, identifiability=how
            )
            yield f"- {line}"
        if report.datasets:
            yield self.words["datasets_note"]

    def _directives(self, report: Report) -> Iterator[str]:
        for one in report.directives:
            yield f"- {self._directive(one)}"
            for given in one.answers:
                holder, action = self._word("holder", given.holder), self._word("action", given.action)
                at, entry = self._at(given.at), self._entry(given.entry)
                line = self._say(
                    "answer", holder=holder, thing=given.thing, action=action, at=at, entry=entry
                )
                yield f"  - {line}"

    def _directive(self, one: DirectiveTold) -> str:
        return self._say(
            "directive",
            kind=self._word("kind", one.kind),
            purpose=self._word("purpose", one.purpose),
            effective=self._at(one.effective),
            recorded=self._at(one.recorded),
            entry=self._entry(one.entry),
        )

    def _use(self, use: UseTold) -> Iterator[str]:
        yield self._say("use", permit=use.permit)
        for line in self._about(use):
            yield f"  {line}"
        for step in use.steps:
            what, at = self._word("step", step.what), self._at(step.at)
            line = self._say("step", at=at, what=what, thing=step.thing, entry=self._entry(step.entry))
            yield f"  - {line}"

    def _about(self, use: UseTold) -> Iterator[str]:
        yield self._say("use_purpose", purpose=self._word("purpose", use.purpose))
        basis, special = self._word("basis", use.legal_basis), self._word("special", use.article_9)
        yield self._say("use_law", basis=basis, special=special)
        deciding, providing = self._word("deciding", use.deciding), self._word("providing", use.providing)
        yield self._say("use_who", deciding=deciding, providing=providing, using=use.using)
        yield self._say("use_recipients", recipients=", ".join(use.recipients))
        yield self._say("use_data", fields=", ".join(use.fields), dataset=use.dataset)
        status = self._word("status", use.status)
        yield self._say("use_time", issued=self._at(use.issued), expires=self._at(use.expires), status=status)
        yield self.words[f"certainty_{use.certainty}"]
        yield self.words["use_steps"]

    def _looks(self, report: Report) -> Iterator[str]:
        for one in report.looks:
            role = ", ".join(self._word("role", part) for part in one.role.split("+"))
            what, at = self._word("look", one.what), self._at(one.at)
            entry = self._entry(one.entry)
            line = self._say("look", at=at, what=what, role=role, organisation=one.organisation, entry=entry)
            yield f"- {line}"

    def _word(self, kind: str, code: str) -> str:
        """Return the word for a code; a code that is newer than the words stands for itself."""
        return self.words.get(f"{kind}.{code}", code)

    def _say(self, name: str, **parts: object) -> str:
        return self.words[name].format(**parts)

    def _entry(self, index: int) -> str:
        return self._say("entry", index=index) if index >= 0 else self.words["no_entry"]

    def _at(self, instant: str) -> str:
        there = moment(instant).astimezone(self.zone)
        return f"{there:%Y-%m-%d %H:%M} ({self.zone.key})"
