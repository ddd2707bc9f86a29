"""How long entries are kept: for ever here. A purge is refused, and says what the law would forbid anyway."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from spe.audit.events.policy import Refused
from spe.audit.search import instant
from spe.clock import epoch
from spe.errors import Denied, Malformed, Reason
from spe.identity.model import Person
from spe.oversight import questions
from spe.oversight.holds import holds_in_force
from spe.permit.model import DataPermit
from spe.policy.enforce import Enforcer
from spe.request.model import AccessRequest

LEAST = timedelta(days=366)
"""Access logs live no shorter than a year (EHDS Art. 73(1)(e)), whatever the policy's table says."""
NEVER = "log_never_purged"
_YOUNG = "retention_twelve_months"
_SPAN = re.compile(r"([1-9][0-9]{0,3})(d|mo|y)")
_MONTHS = {"mo": 1, "y": 12}


def reached_back(text: str, now: datetime) -> datetime:
    """Return the instant that is `text` (`11mo`, `2y`, `90d`) ago, or the instant that it names."""
    found = _SPAN.fullmatch(text)
    if found is None:
        named = instant(text, "before")
        if not named:
            raise Malformed("before: how long ago (11mo, 2y, 90d), or an instant with its zone")
        return datetime.fromisoformat(named)
    many, unit = int(found[1]), found[2]
    try:
        return now - timedelta(days=many) if unit == "d" else _months_ago(now, many * _MONTHS[unit])
    except (OverflowError, ValueError):
        raise Malformed("before: longer ago than there is a calendar") from None


def forbidden(before: datetime, now: datetime) -> tuple[str, ...]:
    """Return why the program itself keeps the entries from before an instant, whatever policy says of them."""
    return (NEVER, _YOUNG) if before > now - LEAST else (NEVER,)


@dataclass(frozen=True, slots=True)
class RetentionDesk:
    """Where a purge is asked for, and refused."""

    pep: Enforcer

    def purge(self, person: Person, before: str) -> NoReturn:
        """Refuse, with every reason; there is no code that deletes an entry."""
        now = self.pep.clock.now()
        wanted = reached_back(before, now)
        about = f"before {wanted:%Y-%m-%dT%H:%M:%SZ}"
        question = questions.purge(
            person,
            epoch(wanted),
            epoch(now),
            last_end=self._last_end(epoch(wanted)),
            holds=holds_in_force(self.pep.records),
        )
        verdict = self.pep.admit(person.who(), question, about)
        codes = forbidden(wanted, now)
        self.pep.note(person.who(), Refused("audit.purge", about, codes), verdict.bundle)
        raise Denied("audit.purge", tuple(Reason(code) for code in codes))

    def _last_end(self, before: int) -> int:
        """Return when the last permit ends that was asked for before an instant: older entries may be about it."""
        permits = (stored.value for stored in self.pep.records.each(DataPermit))
        return max((one.expires for one in permits if self._asked_for(one) < before), default=0)

    def _asked_for(self, permit: DataPermit) -> int:
        stored = self.pep.records.get(AccessRequest, permit.request)
        return min(permit.issued, stored.value.submitted) if stored is not None else 0


def _months_ago(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    first = now.replace(year=year, month=month + 1, day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(now.day, (following - timedelta(days=1)).day))
