"""The log's witnesses, as the settings name them: a file with a key and an address a line, and how many must cosign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult

from spe.adapters.witnesses import WitnessClient, parse_address
from spe.audit.cosigned import CosignedLog, WitnessQuorum, cosigns
from spe.audit.cover import NoQuorum, Quorum
from spe.crypto.cosignature import WitnessKey, parse_witness_key
from spe.crypto.note import PublicKey
from spe.errors import Malformed
from spe.settings import Settings

_MOST = 16
_LARGEST = 1 << 16
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who they are and where, and how many must cosign: 0 where they watch only."""

    keys: tuple[WitnessKey, ...] = ()
    addresses: tuple[SplitResult, ...] = ()
    needed: int = 0

    @property
    def needed_to_start(self) -> int:
        """How many must answer before anything is signed: then one of them is of any quorum that there was before."""
        return len(self.keys) - self.needed + 1 if self.needed else 0

    def clients(self) -> tuple[WitnessClient, ...]:
        """Return what asks each of them."""
        return tuple(map(WitnessClient, self.keys, self.addresses))

    def quorum(self, log: CosignedLog, key: PublicKey) -> Quorum:
        """Return what knows whether enough of them cosigned."""
        return WitnessQuorum(log, key, self.keys, self.needed) if self.needed else NoQuorum(log, key)

    def cosigned(self, note: str, witness: str, line: str) -> bool | None:
        """Say whether `line` is that witness' cosignature of the checkpoint `note`; None where its key isn't known."""
        key = next((key for key in self.keys if key.name == witness), None)
        return None if key is None else cosigns(note, line, key)

    def named(self) -> tuple[str, ...]:
        """Return their names with the hashes of their keys."""
        return tuple(f"{key.name}+{key.hash.hex()}" for key in self.keys)


def read_witnesses(settings: Settings) -> Witnesses:
    """Return the witnesses of the settings; `Malformed` for a line, or a number, that makes no sense."""
    found = tuple(_parsed(settings.witnesses)) if settings.witnesses else ()
    keys, addresses = tuple(key for key, _ in found), tuple(address for _, address in found)
    if len({key.raw for key in keys}) < len(keys) or len({key.name for key in keys}) < len(keys):
        raise Malformed("SPE_WITNESSES: a witness is named twice, or two have one key")
    if settings.witness_quorum > len(keys):
        raise Malformed(f"SPE_WITNESS_QUORUM: there are only {len(keys)} witnesses")
    return Witnesses(keys, addresses, settings.witness_quorum)


def _parsed(path: str) -> Iterator[tuple[WitnessKey, SplitResult]]:
    lines = _lines(path)
    if len(lines) > _MOST:
        raise Malformed(f"SPE_WITNESSES: more than {_MOST} witnesses")
    for number, line in lines:
        try:
            yield _named(line.split())
        except Malformed as error:
            raise Malformed(f"SPE_WITNESSES: line {number}: {error}") from None


def _named(parts: list[str]) -> tuple[WitnessKey, SplitResult]:
    if len(parts) != 2:
        raise Malformed("a witness is a key (name+hash+base64) and an address")
    key = parse_witness_key(parts[0])
    if len(key.name) > _LONGEST_NAME:
        raise Malformed("the name is too long")
    return key, parse_address(parts[1])


def _lines(path: str) -> list[tuple[int, str]]:
    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise Malformed(f"SPE_WITNESSES: the file can't be read: {cause}") from None
    numbered = enumerate(text.split("\n"), 1)
    return [(number, line) for number, line in numbered if line.strip() and not line.startswith("#")]
