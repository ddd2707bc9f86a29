"""A log in memory, in bytes as the real one has them, and staff sealed without a key."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from spe.audit.change import Entry, Who
from spe.audit.encode import encode
from spe.audit.events import Event, StaffRef, SubjectRef
from spe.audit.merkle import CompactRange

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass
class SealedStaff:
    """Seals reversibly and digests under no key; only the subjects in `known` have one."""

    known: frozenset[str] = frozenset()

    def seal_staff(self, staff: StaffRef) -> str:
        return base64.urlsafe_b64encode(staff.encode()).decode().rstrip("=")

    def open_staff(self, sealed: str) -> str:
        return base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)).decode()

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        return sha256(f"{nonce}{str.__str__(subject)}".encode()).hexdigest()[:32]

    def digest_record(self, table: str, id_: str) -> str:
        return f"{table}/{id_}"

    def recogniser(self, subject: str) -> Callable[[str, str], bool] | None:
        if subject not in self.known:
            return None
        return lambda nonce, found: self.digest_subject(SubjectRef(subject), nonce) == found


@dataclass
class KeptLog:
    """Entries in memory; `looked` counts how many were given out."""

    staff: SealedStaff = field(default_factory=SealedStaff)
    rows: list[bytes] = field(default_factory=list)
    looked: int = 0

    def add(
        self,
        event: Event,
        who: str = "anna.ricci",
        organisation: str = "uni-bologna",
        role: str = "data_user",
        at: datetime | None = None,
    ) -> None:
        when = at or START + timedelta(minutes=len(self.rows))
        acted = Who(StaffRef(who), organisation, role)
        self.rows.append(encode(Entry(acted, event, when, "b" * 64), self.staff))

    def head(self) -> CompactRange:
        size = len(self.rows)
        return CompactRange(size, (b"\0" * 32,) * size.bit_count())

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        for index in range(start, min(end, len(self.rows))):
            self.looked += 1
            yield index, self.rows[index]

    def checkpoints(self) -> dict[int, str]:
        return {}
