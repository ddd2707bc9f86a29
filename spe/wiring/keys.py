"""Which keys an installation has: made once, before its log begins; from then on they are those that the log knows.

A key that is missing is never made anew silently: what it had signed or sealed would belong to nobody, and an attacker
who can remove a file could choose when that happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from spe.audit.merkle import CompactRange
from spe.crypto.note import PublicKey
from spe.crypto.signing import INSTALLATION, StatementKind
from spe.errors import IntegrityFailure, Unreachable
from spe.wiring.home import MASTERS, Home

KEYS = "keys"


class KeyChanged(Unreachable):
    """The log was handed on to another checkpoint key than this process began with; a new start reads the new one."""

    title = "The checkpoint key was changed"


class KnowingLog(Protocol):
    """The log, with the installation's marks."""

    def head(self) -> CompactRange:
        """Return size and hashes of the log as it is now."""
        ...

    def mark(self, name: str) -> str | None:
        """Return a mark of the installation."""
        ...

    def set_mark(self, name: str, value: str) -> None:
        """Set a mark."""
        ...


@dataclass(frozen=True, slots=True)
class HeldKey:
    """The checkpoint key that a process began with: it holds the log to that one, and to no other that turns up later."""

    log: KnowingLog
    key: PublicKey

    def check(self) -> None:
        """Raise `KeyChanged` once the log knows another."""
        known = parsed(self.log.mark(KEYS) or "").get(StatementKind.CHECKPOINT.value)
        if known != f"{self.key.name}+{self.key.key_id}":
            raise KeyChanged("the log was handed on to another checkpoint key: start this process anew")


def settle_keys(home: Home, log: KnowingLog, origin: str) -> None:
    """Make all keys where the log is empty; otherwise hold them to the log, and make only kinds that it never knew.

    `Unreachable`: one is missing. `IntegrityFailure`: one is another than the log's, or the log has another origin.
    """
    if home.signing.next_signer(StatementKind.CHECKPOINT) is not None:
        raise Unreachable(
            "a change of the checkpoint key was begun and cut off: `spe audit rotate-key` finishes it"
        )
    known = log.mark(KEYS)
    if log.head().size == 0:
        home.make(origin)
    else:
        _hold(home, origin, None if known is None else parsed(known))
    found = written(home.signing.publics())
    if found != known:
        log.set_mark(KEYS, found)


def parsed(known: str) -> dict[str, str]:
    """Return what the mark says: `name+hash` by kind of statement."""
    return {one.rpartition("+")[0].rpartition("/")[2]: one for one in known.split(" ")}


def written(keys: Mapping[StatementKind, PublicKey]) -> str:
    """Return how the mark says it."""
    return " ".join(sorted(f"{key.name}+{key.key_id}" for key in keys.values()))


def _hold(home: Home, origin: str, known: Mapping[str, str] | None) -> None:
    for name in MASTERS:
        home.master(name)
    for kind in INSTALLATION:
        if known is not None and kind.value not in known:
            home.signing.create(kind, origin)
        key = _there(home, kind)
        if key.name != f"{origin}/{kind.value}":
            named = key.name.removesuffix(f"/{kind.value}")
            raise IntegrityFailure(
                f"the origin of this log is {named}, and SPE_ORIGIN says {origin}: set it back"
            )
        if known is not None and known.get(kind.value, "") not in {"", f"{key.name}+{key.key_id}"}:
            raise IntegrityFailure(
                f"{kind.value}.pub is not the key {known[kind.value]} that this log knows: put keys/signing back "
                f"from its backup"
            )


def _there(home: Home, kind: StatementKind) -> PublicKey:
    if not home.signing.knows(kind):
        raise Unreachable(
            f"the {kind.value} key of this installation is missing, and a new one would not continue its log: put "
            f"keys/signing back from its backup"
        )
    return home.signing.public_again(kind)
