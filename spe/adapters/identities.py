"""Hiding people in the log: staff sealed under one key, subjects digested under a key of their own."""

from __future__ import annotations

from collections.abc import Callable

from spe.audit.events import StaffRef, SubjectRef
from spe.crypto.keyed import Names, SubjectKeys, derived, digest, open_text, seal_text

_BIND = b"spe staff 1"
_RECORDS = b"spe records 1"


class KeyedIdentities:
    """`Identities` over a staff key and a store of subject keys."""

    def __init__(self, staff_key: bytes, subjects: SubjectKeys) -> None:
        self._staff_key = staff_key
        self._records = Names(derived(staff_key, _RECORDS))
        self._subjects = subjects

    def seal_staff(self, staff: StaffRef) -> str:
        """Return the sealed identifier; sealing twice gives two texts that nobody can link without the key."""
        return seal_text(self._staff_key, staff, _BIND)

    def open_staff(self, sealed: str) -> StaffRef:
        """Return who was sealed; for auditors' views, which are logged."""
        return StaffRef(open_text(self._staff_key, sealed, _BIND))

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        """Return the subject's digest for the entry with `nonce`."""
        return digest(self._subjects.key_for(subject), bytes.fromhex(nonce), subject)

    def digest_record(self, table: str, id_: str) -> str:
        """Return the name under which the log knows a record."""
        return self._records.digest(f"{table}\n{id_}")

    def recogniser(self, subject: str) -> Callable[[str, str], bool] | None:
        """Return what says of an entry's nonce and a digest in it whether that is of `subject`; no key, no link."""
        key = self._subjects.find(subject)
        return (
            None if key is None else lambda nonce, found: digest(key, bytes.fromhex(nonce), subject) == found
        )

    def is_subject(self, subject: str, nonce: str, found: str) -> bool:
        """Say whether the digest `found` in the entry with `nonce` is of `subject`."""
        recognise = self.recogniser(subject)
        return recognise is not None and recognise(nonce, found)
