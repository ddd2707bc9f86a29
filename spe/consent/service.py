"""Use cases of the directive ledger: a data holder imports what subjects said."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spe.audit.change import Change, Entry, Fact, Put
from spe.audit.events import SubjectRef
from spe.audit.events.consent import DirectivesImported, DirectivesRecorded
from spe.audit.records import Stored
from spe.consent import questions
from spe.consent.erased import Names, erased
from spe.consent.lines import Line, Refusal, read_lines
from spe.consent.model import Directive, Ledger, subject_name
from spe.identity.model import Person
from spe.ids import new_id
from spe.policy.enforce import Done, Enforcer, again

_MOST_PER_ENTRY = 200
_ERASED = "the subject was erased and stays out of every use"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: the entry that recorded it, how many lines were taken, and each refused line with its reason."""

    done: Done
    taken: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class ConsentDesk:
    """Where data holders bring their subjects' directives."""

    pep: Enforcer
    names: Names

    def import_csv(self, person: Person, holder: str, text: str) -> ImportReport:
        """Append the CSV's good lines to the holder's ledger, all or none of them, and report each line refused."""
        given, malformed = read_lines(text, self.pep.now())

        def use_case() -> ImportReport:
            question = questions.record(person, holder, len(given), self.pep.now())
            verdict = self.pep.admit(person.who(), question, holder)
            stored = self.pep.records.get(Ledger, holder) or Stored(Ledger(holder), 0)
            lines, refused = self._not_erased(holder, given, malformed)
            change = self._change(person, stored, lines, len(refused), verdict.bundle)
            index = self.pep.committer.commit(change)
            return ImportReport(Done(holder, "recorded", index), len(lines), refused)

        return again(use_case)

    def _not_erased(
        self, holder: str, lines: tuple[Line, ...], refused: tuple[Refusal, ...]
    ) -> tuple[tuple[Line, ...], tuple[Refusal, ...]]:
        """Return the lines about nobody who was erased, and every refusal."""
        is_erased = erased(self.pep.records, self.names, holder)
        gone = tuple(Refusal(line.number, _ERASED) for line in lines if is_erased(line.subject))
        kept = tuple(line for line in lines if not is_erased(line.subject))
        return kept, tuple(sorted((*refused, *gone), key=lambda one: one.line))

    def _change(
        self, person: Person, stored: Stored[Ledger], lines: tuple[Line, ...], refused: int, bundle: str
    ) -> Change:
        now, who, holder = self.pep.clock.now(), person.who(), stored.value.id
        first = stored.value.epoch + 1
        directives = tuple(
            Directive(
                id=new_id("dir", now),
                holder=holder,
                subject=line.subject,
                kind=line.kind,
                purpose=line.purpose,
                effective=line.effective,
                recorded=self.pep.now(),
                epoch=first + at,
            )
            for at, line in enumerate(lines)
        )
        ledger = replace(stored.value, epoch=stored.value.epoch + len(lines))
        entries = [Entry(who, event, now, bundle) for event in _recorded(directives)]
        imported = DirectivesImported(holder, ledger.epoch, len(lines), refused)
        return Change(
            entries=(*entries, Entry(who, imported, now, bundle)),
            puts=(Put(ledger, stored.version), *(Put(directive, 0) for directive in directives)),
            facts=tuple(_fact(directive) for directive in directives),
            bundle=bundle,
        )


def _recorded(directives: tuple[Directive, ...]) -> tuple[DirectivesRecorded, ...]:
    parts = [directives[at : at + _MOST_PER_ENTRY] for at in range(0, len(directives), _MOST_PER_ENTRY)]
    return tuple(
        DirectivesRecorded(
            part[0].holder,
            part[-1].epoch,
            tuple(directive.kind.value for directive in part),
            tuple(SubjectRef(subject_name(directive.holder, directive.subject)) for directive in part),
        )
        for part in parts
    )


def _fact(directive: Directive) -> Fact:
    about = subject_name(directive.holder, directive.subject)
    data = {
        "holder": directive.holder,
        "subject": directive.subject,
        "kind": directive.kind.value,
        "effective": directive.effective,
    }
    return Fact("directive.recorded", about, data)
