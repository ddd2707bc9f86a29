"""Parties of encrypted sums out of their folders: a key holder, an opener.

What a party believes (`known.json`) is written by its own operator; nothing of it comes from the hub.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spe.adapters.openings import OpeningFile
from spe.adapters.policy_files import read_sources
from spe.crypto.addressed import Reader
from spe.crypto.key_folder import KeyFolder
from spe.crypto.note import PublicKey, parse_public_key
from spe.crypto.private_files import read_private
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed, check
from spe.crypto.sums.engine import Engine
from spe.crypto.sums.shares import SecretShare
from spe.errors import IntegrityFailure, Unreachable
from spe.federation.files import EnrolledSite, decoded, directory_of
from spe.federation.holder import HeldKey, KeyHolder, Known
from spe.federation.keys import KeyTerms
from spe.federation.opening import Opener
from spe.output.checks.finding import Profile, parse_profile
from spe.values import from_data

KEYS, SHARES, KNOWN, OPENINGS, READER = "keys", "shares", "known.json", "openings", "reader.secret"
_DISCLOSURE = "spe/tables/disclosure/data.json"


@dataclass(frozen=True, slots=True)
class HolderKnows:
    """`known.json` of a key holder."""

    name: str
    environment: str
    sites: tuple[EnrolledSite, ...]
    openers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HolderKeys:
    """The two keys by which a holder is known: it certifies with one and answers with the other."""

    sum_key: str
    share: str


@dataclass(frozen=True, slots=True)
class OpenerKnows:
    """`known.json` of an opener; `release` is the key by which it believes that two people let something leave."""

    environment: str
    release: str
    sites: tuple[EnrolledSite, ...]
    holders: Mapping[str, HolderKeys]


def open_holder(home: Path) -> KeyHolder:
    """Return the holder whose folder this is; `Unreachable` or `IntegrityFailure` where something in it is amiss."""
    known: HolderKnows = decoded(HolderKnows, _read(home / KNOWN))
    keys = KeyFolder(home / KEYS)
    held = (
        _held(file, keys.public(StatementKind.SUM_KEY)) for file in sorted((home / SHARES).glob("*.share"))
    )
    believed = Known(parse_public_key(known.environment), directory_of(known.sites), frozenset(known.openers))
    by_name = {one.terms.key: one for one in held}
    return KeyHolder(
        known.name, believed, by_name, OpeningFile(home / OPENINGS), keys.signer(StatementKind.SHARE)
    )


def _held(file: Path, own: PublicKey) -> HeldKey:
    signed: Signed = decoded(Signed, _read(file.with_suffix(".terms")))
    terms = from_data(KeyTerms, check(signed, own, StatementKind.SUM_KEY))
    share = SecretShare.read(read_private(file))
    if share.key != terms.key:
        raise IntegrityFailure(f"{file.name} is a share of another key than its terms")
    return HeldKey(terms, share)


def open_opener(home: Path, engine: Engine) -> Opener:
    """Return the opener whose folder this is, working with `engine`."""
    known: OpenerKnows = decoded(OpenerKnows, _read(home / KNOWN))
    certifiers = {name: parse_public_key(one.sum_key) for name, one in known.holders.items()}
    repliers = {name: parse_public_key(one.share) for name, one in known.holders.items()}
    reader = Reader(read_private(home / READER))
    environment, sites = parse_public_key(known.environment), directory_of(known.sites)
    return Opener(engine, reader, environment, sites, certifiers, repliers)


def release_key(home: Path) -> str:
    """Return the key line by which the opener of this folder believes releases."""
    known: OpenerKnows = decoded(OpenerKnows, _read(home / KNOWN))
    return known.release


def disclosure_profile() -> Profile:
    """Return the numbers of the checks, from the table that the gate `output.check` answers with."""
    return parse_profile(json.loads(read_sources()[_DISCLOSURE])["profile"])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreachable(f"{path.name} can't be read: {error.strerror}") from None
