"""The vault as everybody uses it: each opening is an entry of its own, under a checkpoint before the first byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spe.audit.change import Change, Committer, Entry, Who
from spe.audit.cover import Cover
from spe.audit.events.record import ObjectOpened
from spe.clock import Clock
from spe.crypto.vault import Vault


@dataclass(frozen=True, slots=True)
class AuditedVault:
    """`Vault` over another one; `who` is the process that opens, on behalf of whoever the entry before names.

    Objects of the scopes in `free` hold nothing of any person (code, results on synthetic twins): their opening is an
    entry too, but waits for no checkpoint.
    """

    vault: Vault
    committer: Committer
    cover: Cover
    clock: Clock
    who: Who
    free: frozenset[str]

    def put(self, name: str, scope: str, chunks: Iterable[bytes]) -> str:
        """Seal `chunks` as `name`, once, and return the plain bytes' SHA-256; the same bytes again change nothing."""
        return self.vault.put(name, scope, chunks)

    def open(self, name: str, scope: str) -> Iterator[bytes]:
        """Yield the object's plain bytes, once their opening is logged and signed; otherwise `Unreachable`."""
        chunks = self.vault.open(name, scope)
        entry = Entry(self.who, ObjectOpened(name, scope), self.clock.now())
        self.committer.commit(Change(entries=(entry,)))
        if scope not in self.free:
            self.cover.cover()
        return chunks

    def remove(self, name: str) -> None:
        """Remove the object; removing what is not there changes nothing."""
        self.vault.remove(name)
