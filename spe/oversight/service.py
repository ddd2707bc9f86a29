"""Use cases of the auditor: read the log, export it, see receipts. Every look is an entry itself."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from spe.audit.checkpoint import open_checkpoint
from spe.audit.cover import Cover
from spe.audit.export import ExportFile, export_files, gapless, write_export
from spe.audit.proof import SignedLog, newest
from spe.audit.reading import LogReader, Page, read_page
from spe.audit.receipts import Receipt, fact_place
from spe.audit.search import Search, StaffOpener
from spe.audit.verify import Verified, verify_export
from spe.crypto.note import PublicKey
from spe.errors import IntegrityFailure, Malformed, Unreachable
from spe.identity.model import Person
from spe.identity.questions import read_audit, read_record
from spe.oversight.asking import checked
from spe.oversight.looking import look, note_look
from spe.oversight.related import related
from spe.policy.enforce import Enforcer
from spe.values import to_data

_LONGEST_INDEX = 16


class CosignedLog(LogReader, SignedLog, Protocol):
    """The stored log with its tiles, and what its witnesses said."""


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """Where auditors read the log."""

    pep: Enforcer
    log: CosignedLog
    opener: StaffOpener
    key: PublicKey
    signed: Cover

    def head(self) -> Mapping[str, Any]:
        """Return the log's size, its newest checkpoint and the key that verifies it: public, so nobody is asked."""
        checkpoints = self.log.checkpoints()
        newest = max(checkpoints, default=0)
        return {
            "size": newest,
            "checkpoint": checkpoints.get(newest, ""),
            "key": self.key.text(),
        }

    def timeline(
        self,
        person: Person,
        search: Search,
        *,
        after: str = "",
        size: str = "",
        limit: int = 200,
        whole: bool = False,
    ) -> Page:
        """Return a page of what fits `search`, staff in clear, after the index `after`, in the log as it was at `size`.

        With `whole`, what belongs to the permit or request that it is about does as well.
        """
        subjects = self._admit(person, "timeline", search.about)
        wanted = checked(replace(search, subjects=subjects))
        if whole and search.about:
            wanted = replace(wanted, also=related(self.pep.records, search.about))
        first = _index(after, "after") if after else -1
        most = _index(size, "size") if size else None
        return read_page(self.log, self.opener, wanted, after=first, size=most, limit=limit)

    def receipts(self, person: Person, about: str) -> tuple[Mapping[str, Any], ...]:
        """Return the receipts of a fact, or of a holder's subject (`holder/subject`)."""
        holder = about.partition("/")[0] if "/" in about else ""
        question = read_record(person, "receipt", "own", self.pep.now(), holders=(holder,))
        self.pep.reveal(person.who(), question, "receipts")
        self.pep.note(person.who(), look("receipts", about))
        field = "fact" if fact_place(about)[0] >= 0 else "about"
        return tuple(to_data(stored.value) for stored in self.pep.records.each(Receipt, **{field: about}))

    def export(self, person: Person) -> Iterator[bytes]:
        """Yield a zip of the log as tiles and signed checkpoints, verifiable offline with the public key only.

        It ends with the checkpoint that most witnesses cosigned, of those over all that there was, and carries their
        lines. A log that was changed, or of which entries are gone, is exported as it is, up to all that was signed: it
        is the proof, and `spe audit verify` names the first bad entry.
        """
        buffer = _Pipe()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in self._files(person):
                archive.writestr(file.path, file.data)
                yield buffer.take()
        yield buffer.take()

    def verify(self, person: Person) -> Verified:
        """Verify what an export would hold as anybody would, with the public key alone; `BadLog` names the first bad entry."""
        with tempfile.TemporaryDirectory() as made:
            write_export(Path(made), self._files(person))
            return verify_export(Path(made), self.key.text())

    def _files(self, person: Person) -> Iterator[ExportFile]:
        self._admit(person, "export", "log")
        since = 0
        # Where nobody signs, or refuses to sign what was changed, what was signed before can still be had.
        with suppress(Unreachable, IntegrityFailure):
            size = self.log.head().size
            self.signed.cover(witnessed=True)
            since = size
        checkpoints, end = self._signed_checkpoints(), 0
        if checkpoints:
            latest = max(checkpoints)
            end, note = newest(self.log, since or latest)
            if end > latest:
                end, note = latest, checkpoints[latest]
            checkpoints = {size: one for size, one in checkpoints.items() if size < end} | {end: note}
        entries = gapless(self.log.entries(0, end), end)
        yield from export_files(entries, checkpoints, self.log)

    def _signed_checkpoints(self) -> dict[int, str]:
        """Return the checkpoints up to the newest that is one: what anybody wrote after it could have no end."""
        checkpoints = self.log.checkpoints()
        for size in sorted(checkpoints, reverse=True):
            try:
                if open_checkpoint(checkpoints[size], self.key).size == size:
                    break
            except (IntegrityFailure, Malformed):
                pass
            del checkpoints[size]
        return checkpoints

    def _admit(self, person: Person, view: str, about: str) -> tuple[str, ...]:
        """Log the look, and return the subjects of whom `about` may be the pseudonym."""
        question = read_audit(person, view, about, self.pep.now())
        verdict = self.pep.reveal(person.who(), question, view)
        return note_look(self.pep, person, view, about, verdict.bundle)


class _Pipe(io.RawIOBase):
    """Takes what is written and gives it away; it can't seek, so that the zip's offsets count what was given away too."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, data: Any) -> int:
        """Hold some bytes."""
        self._held += data
        return len(data)

    def take(self) -> bytes:
        """Return what is held, and hold nothing."""
        held = bytes(self._held)
        self._held.clear()
        return held


def _index(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < _LONGEST_INDEX):
        raise Malformed(f"{name}: an index of the log")
    return int(text)
