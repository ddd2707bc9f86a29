"""How a look is told in the log: a thing's identifier in clear, whatever else was asked about as a keyed digest."""

from __future__ import annotations

from spe.audit.change import Change, Entry
from spe.audit.events import SubjectRef
from spe.audit.events.record import LogRead
from spe.audit.records import Records
from spe.catalogue.model import Dataset
from spe.consent.model import Directive, Ledger, subject_name
from spe.identity.model import Person
from spe.ids import is_id
from spe.oversight.model import EVERYTHING
from spe.policy.enforce import Enforcer


def subjects_of(records: Records, about: str) -> tuple[str, ...]:
    """Return the subjects, with their holders' names, who said something under the bare pseudonym `about`."""
    if not about or is_id(about.partition(".")[0]):
        return ()
    said = records.each(Directive, subject=about)
    return tuple(sorted({subject_name(stored.value.holder, about) for stored in said}))


def held(records: Records, about: str) -> str:
    """Return what a hold on `about` is on: one holder's subject with the holder's name, anything else as it is.

    What is known as something else stays that, whatever pseudonym a holder gave somebody.
    """
    is_dataset, is_holder = records.get(Dataset, about), records.get(Ledger, about)
    subjects = () if about == EVERYTHING or is_dataset or is_holder else subjects_of(records, about)
    return subjects[0] if len(subjects) == 1 else about


def thing(about: str) -> tuple[str, SubjectRef]:
    """Return `about` in clear where it has the form of our own identifiers, else as what is digested."""
    ours = is_id(about.partition(".")[0])
    return (about, SubjectRef("")) if ours else ("", SubjectRef(about))


def look(view: str, about: str) -> LogRead:
    """Return the event of a look."""
    return LogRead(view, *thing(about))


def note_look(pep: Enforcer, person: Person, view: str, about: str, bundle: str) -> tuple[str, ...]:
    """Commit a look at `about`, one more at each subject of whom it may be the pseudonym, and return those.

    Both, since only the asker knows who was meant: a member of staff must not vanish behind a holder's pseudonym.
    """
    subjects, now = subjects_of(pep.records, about), pep.clock.now()
    events = [look(view, name) for name in (about, *subjects)]
    pep.committer.commit(Change(entries=tuple(Entry(person.who(), event, now, bundle) for event in events)))
    return subjects
