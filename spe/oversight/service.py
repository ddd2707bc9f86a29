"""Use cases of the auditor: read the log, export it, see receipts. Every look is an entry itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from spe.audit.cover import Cover
from spe.audit.export import export_files, gapless
from spe.audit.reading import LogReader, Page, read_page
from spe.audit.receipts import Receipt
from spe.audit.search import Search, StaffOpener
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


class CosignedLog(LogReader, Protocol):
    """The stored log with its tiles, and what its witnesses said."""

    def tile(self, level: int, number: int) -> bytes | None:
        """Return a full tile's hashes, or None where it isn't full under a checkpoint yet."""
        ...

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        """Return the roots of full tiles from number `first` on, at most `count`."""
        ...

    def cosignatures(self, size: int) -> tuple[str, ...]:
        """Return the witnesses' signature lines under the checkpoint of `size`."""
        ...


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
        found = self.pep.records.each(Receipt)
        return tuple(
            to_data(stored.value) for stored in found if about in {stored.value.fact, stored.value.about}
        )

    def export(self, person: Person) -> Iterator[bytes]:
        """Yield a zip of the log as tiles and signed checkpoints, verifiable offline with the public key only.

        The newest checkpoint carries the witnesses' lines that there are. A log that was changed, or of which
        entries are gone, is exported as it is: it is the proof, and `spe audit verify` names the first bad entry.
        """
        self._admit(person, "export", "log")
        # Where nobody signs, or refuses to sign what was changed, what was signed before can still be had.
        with suppress(Unreachable, IntegrityFailure):
            self.signed.cover(witnessed=True)
        checkpoints = self.log.checkpoints()
        newest = max(checkpoints, default=0)
        if checkpoints:
            checkpoints[newest] += "".join(self.log.cosignatures(newest))
        entries = gapless(self.log.entries(0, newest), newest)
        buffer = _Pipe()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in export_files(entries, checkpoints, self.log):
                archive.writestr(file.path, file.data)
                yield buffer.take()
        yield buffer.take()

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
