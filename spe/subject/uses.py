"""In which uses a subject's data were: every permit with a cohort at the holder that had them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from spe.audit.change import Who
from spe.catalogue.entry import scope as dataset_scope
from spe.catalogue.model import Dataset
from spe.catalogue.stored import rows_of
from spe.cohort.rebuilt import Build, Past, profile_then
from spe.consent.erased import Names, hidden
from spe.consent.model import Directive, Erasure
from spe.crypto.data_keys import DataKeys
from spe.crypto.vault import Vault
from spe.output.model import Output
from spe.permit.model import DataPermit, Grant
from spe.policy.enforce import Enforcer
from spe.release.model import Release
from spe.run.model import Run, RunKind
from spe.subject.known import has_rows
from spe.subject.model import Certainty

MOST_PROVEN = 50
"""How many different cohorts of a permit are held to the log's digest; the others are worked out only."""


@dataclass(frozen=True, slots=True)
class Use:
    """A permit, the builds of its cohort that had the subject, what came out of those, and how sure that is."""

    permit: DataPermit
    grant: Grant
    builds: tuple[Build, ...]
    things: frozenset[str]
    certainty: Certainty


@dataclass(slots=True)
class Uses:
    """Works out the uses of one holder's subjects; opens each dataset at most once."""

    pep: Enforcer
    who: Who
    vault: Vault
    keys: DataKeys
    names: Names
    holder: str
    _subjects: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, subject: str, permit: DataPermit, builds: tuple[Build, ...]) -> Use | None:
        """Return the use under `permit`, or None where none of its cohorts had the subject."""
        grant = permit.grant(self.holder)
        if grant is None or grant.identifiability == "anonymised":
            return None
        subjects = self._in(grant.dataset)
        if subject not in subjects:
            return None
        past = self._past(permit, grant, builds[0].at)
        mine = tuple(one for one in builds if past.members(one, (subject,)))
        if not mine:
            return None
        rows = {build.rows: build for build in mine}
        key = self.keys.get(dataset_scope(grant.dataset))
        proven = len(rows) <= MOST_PROVEN and all(
            past.proves(build, subjects, key) for build in rows.values()
        )
        certainty = Certainty.PROVEN if proven else Certainty.RECOMPUTED
        return Use(permit, grant, mine, frozenset(self._made_of(permit, set(rows))), certainty)

    def _in(self, id_: str) -> tuple[str, ...]:
        if id_ not in self._subjects:
            stored = self.pep.records.get(Dataset, id_)
            found: tuple[str, ...] = ()
            if stored is not None and has_rows(stored.value):
                name = stored.value.subject_field
                found = tuple(row[name] for row in rows_of(self.vault, stored.value))
            self._subjects[id_] = found
        return self._subjects[id_]

    def _past(self, permit: DataPermit, grant: Grant, at: int) -> Past:
        directives = tuple(stored.value for stored in self.pep.records.each(Directive, holder=self.holder))
        return Past(permit, profile_then(self.pep, self.who, permit, grant, at), directives, self._gone())

    def _gone(self) -> Callable[[str, int], bool]:
        since = {
            one.value.hidden: one.value.asked for one in self.pep.records.each(Erasure, holder=self.holder)
        }

        def gone(subject: str, at: int) -> bool:
            return bool(since) and since.get(hidden(self.names, self.holder, subject), 2**62) <= at

        return gone

    def _made_of(self, permit: DataPermit, rows: set[str]) -> Iterator[str]:
        """Yield the runs, outputs and releases that come from cohorts with these digests."""
        runs = self.pep.records.each(Run, permit=permit.id, site=self.holder, kind=RunKind.REAL.value)
        yield from (one.value.id for one in runs if one.value.rows in rows)
        outputs = self.pep.records.each(Output, permit=permit.id, site=self.holder)
        ours = {one.value.id for one in outputs if one.value.rows in rows}
        yield from ours
        for stored in self.pep.records.each(Release, permit=permit.id, site=self.holder):
            if any(file.output in ours for file in stored.value.files):
                yield stored.value.id
