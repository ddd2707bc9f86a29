"""A round of encrypted sums in one folder: every party with keys of its own; aggregator and key holders as processes.

The sites' numbers are made up. All of it runs under one account, so it shows what each party does and refuses, not a
separation of power.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from spe.code.layout import Layout, cell_labels, to_json
from spe.code.layout_parse import parse_layout
from spe.crypto.addressed import Reader, new_secret
from spe.crypto.key_folder import KeyFolder
from spe.crypto.private_files import make_private_folder, read_private, write_new
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed
from spe.crypto.sums.engine import Engine
from spe.errors import NotNow, SpeError, Unreachable
from spe.federation.contribution import Origin, contribute
from spe.federation.files import SUM, EnrolledSite, decoded, encoded, key_bytes, read_aggregate, read_key
from spe.federation.keys import SumKey, certify, key_terms
from spe.federation.model import MINIMUM, Terms
from spe.federation.opening import Opened
from spe.federation.order import order
from spe.federation.pooled import Pooled, hand_over
from spe.federation.tables import layout_of, numbers
from spe.output.support import Cell, Support
from spe.wiring.sums import KEYS, KNOWN, READER, SHARES, HolderKeys, HolderKnows, OpenerKnows, open_opener

TABLE = parse_layout(
    {
        "name": "grade_therapy_event",
        "kind": "count",
        "file": "grade-therapy-event.csv",
        "dimensions": [
            {"field": "tgrade", "name": "grade", "map": {"I": "I+II", "II": "I+II", "III": "III"}},
            {"field": "horTh", "name": "therapy", "map": {"no": "no", "yes": "yes"}},
            {"field": "cens", "name": "event", "map": {"0": "no", "1": "yes"}},
        ],
    }
)
_OPENINGS = 1
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class SumsDemo:
    """`folder` holds everything; `sites` contribute, `k` of `holders` open."""

    folder: Path
    sites: int
    k: int
    holders: int

    @property
    def round(self) -> Path:
        """Where the round's own files lie."""
        return self.folder / "round"

    @property
    def opener(self) -> Path:
        """The opener's folder."""
        return self.folder / "opener"

    def names(self) -> tuple[str, ...]:
        """Return the sites of the round: at least three are agreed, also where fewer contribute."""
        return tuple(f"hospital-{at}" for at in range(1, max(self.sites, MINIMUM) + 1))

    def holder_names(self) -> tuple[str, ...]:
        """Return the holders."""
        return tuple(f"holder-{at}" for at in range(1, self.holders + 1))

    def prepare(self, now: int) -> None:
        """Make every party's keys, hold the key ceremony, and tell each party whom to believe."""
        for place in (self.folder, self.round, self.opener):
            make_private_folder(place)
        self._keys("environment").create_missing(
            "environment.demo", [StatementKind.OPENING, StatementKind.RELEASE]
        )
        for site in self.names():
            self._keys(site).create_missing(f"{site}.demo", [StatementKind.CONTRIBUTION])
        for name in self.holder_names():
            kinds = [StatementKind.SUM_KEY, StatementKind.SHARE]
            self._keys(name).create_missing(f"{name}.demo", kinds)
        write_new(self.opener / READER, new_secret())
        self._tell()
        self._ceremony(now)

    def contribute(self) -> tuple[int, ...]:
        """Let the sites contribute, and return the plain sum of what they hold."""
        key = read_key((self.round / "key.json").read_bytes())
        opener = Reader(read_private(self.opener / READER)).address.hex()
        terms = Terms("round-1", "permit-demo", layout_of((TABLE,)), self.names(), key.public.key, opener)
        write_new(self.round / "terms.json", encoded(terms))
        held = [numbers((TABLE,), {TABLE.name: made_up(at)}) for at in range(self.sites)]
        with Engine() as engine:
            for site, values in zip(self.names(), held, strict=False):
                signer = self._keys(site).signer(StatementKind.CONTRIBUTION)
                origin = Origin(site, f"data-{site}", f"cohort-{site}")
                sent = contribute(terms, origin, values, engine.encryptor(key.public), signer)
                write_new(self.round / f"{site}.contribution", sent.to_bytes())
        return tuple(map(sum, zip(*held, strict=True)))

    def add_up(self) -> dict[str, str]:
        """Let the aggregator's process add up; return what became of each contribution."""
        done = _run(["-m", "spe.aggregator", str(self.round)], "")
        told: dict[str, str] = json.loads(done)
        return told

    def ask(self, now: int, holders: int) -> dict[str, str]:
        """Order the opening, ask so many holders' processes, and return what each of them said."""
        aggregate = read_aggregate((self.round / SUM).read_bytes())
        signed = order(aggregate, self._keys("environment").signer(StatementKind.OPENING), now)
        write_new(self.round / "order.json", encoded(signed))
        line = encoded(signed).decode() + "\n"
        said = {name: self._asked(name, line) for name in self.holder_names()[:holders]}
        replies = [one["reply"] for one in said.values() if "reply" in one]
        write_new(self.round / "replies.json", json.dumps(replies).encode())
        return {
            name: "gave its share" if "reply" in one else str(one["refused"]) for name, one in said.items()
        }

    def _asked(self, name: str, line: str) -> dict[str, object]:
        answer: dict[str, object] = json.loads(
            _run(["-m", "spe.cli.main", "keyholder", str(self.folder / name)], line)
        )
        return answer

    def _keys(self, name: str) -> KeyFolder:
        make_private_folder(self.folder / name)
        return KeyFolder(self.folder / name / KEYS)

    def _tell(self) -> None:
        public = self._keys("environment").public
        environment, release = (
            public(kind).text() for kind in (StatementKind.OPENING, StatementKind.RELEASE)
        )
        sites = tuple(
            EnrolledSite(
                site, f"organisation-of-{site}", self._keys(site).public(StatementKind.CONTRIBUTION).text()
            )
            for site in self.names()
        )
        write_new(self.round / "sites.json", encoded(sites))
        opener = Reader(read_private(self.opener / READER)).address.hex()
        for name in self.holder_names():
            write_new(self.folder / name / KNOWN, encoded(HolderKnows(name, environment, sites, (opener,))))
        keys = {name: self._holder_keys(name) for name in self.holder_names()}
        write_new(self.opener / KNOWN, encoded(OpenerKnows(environment, release, sites, keys)))
        write_new(self.round / "tables.json", json.dumps([to_json(TABLE)]).encode())

    def _holder_keys(self, name: str) -> HolderKeys:
        public = self._keys(name).public
        return HolderKeys(public(StatementKind.SUM_KEY).text(), public(StatementKind.SHARE).text())

    def _ceremony(self, now: int) -> None:
        names, signed = self.holder_names(), {}
        with Engine() as engine:
            public, sealed, shares = engine.deal(self.k, self.holders)
        terms = key_terms(public, sealed, names, self.k, _OPENINGS, now)
        for name, share in zip(names, shares, strict=True):
            signed[name] = certify(terms, share, name, self._keys(name).signer(StatementKind.SUM_KEY))
            place = self.folder / name / SHARES
            make_private_folder(place)
            write_new(place / f"{terms.key}.share", share.reveal())
            write_new(place / f"{terms.key}.terms", encoded(signed[name]))
        write_new(self.round / "key.json", key_bytes(SumKey(public, sealed, signed)))


def open_round(file: Path, opener: Path, now: int) -> tuple[Opened, tuple[Pooled, ...]]:
    """Open the sum in `file`, beside which its round's files lie, as the opener of that folder; hand its tables over."""
    read = partial(_read, file.parent)
    replies: tuple[Signed, ...] = decoded(tuple[Signed, ...], read("replies.json"))
    aggregate = read_aggregate(read(file.name))
    with Engine() as engine:
        known = open_opener(opener, engine)
        signed: Signed = decoded(Signed, read("order.json"))
        opened = known.open(signed, aggregate.body, replies, read_key(read("key.json")), now)
    tables = tuple(parse_layout(one) for one in json.loads(read("tables.json")))
    return opened, hand_over(opened, tables)


def made_up(site: int, table: Layout = TABLE) -> Support:
    """Return a small made-up table, the same each time for a site."""
    cells = tuple(Cell(labels, 4 + (7 * site + 11 * at) % 36) for at, labels in enumerate(cell_labels(table)))
    return Support(table.name, sum(cell.n for cell in cells), 0, cells)


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise Unreachable(f"{name} can't be read: {error.strerror}") from None


def _run(words: Sequence[str], text: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], input=text, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode == NotNow.exit_code:
        raise NotNow(done.stderr.strip())
    if done.returncode:
        raise SpeError(done.stderr.strip() or "a process of the round ended with an error")
    return done.stdout
