"""What the vault promises over every store: sealed on our side, written once, nothing given out that was not sealed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spe.adapters.journal import Journal
from spe.adapters.object_folder import FolderStore
from spe.adapters.objects import SealedObjects
from spe.adapters.s3_store import PART_BYTES
from spe.crypto.data_keys import NoDataKey
from spe.crypto.key_files import KeyFiles
from spe.crypto.object_store import ObjectStore
from spe.crypto.sealed import HEADER_BYTES, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, BrokenSeal
from spe.crypto.vault import AlreadyKept, put_anew, whole
from spe.errors import IntegrityFailure, NotFound, Unreachable
from tests.fakes import MemoryObjects

if TYPE_CHECKING:
    from tests.services.s3_server import S3Server

SCOPE, OTHER = "permit/per-1", "permit/per-2"
PLAIN = secrets.token_bytes(5 * SEGMENT_BYTES + 1000)


@dataclass(frozen=True, slots=True)
class Here:
    """A vault, and the store below it as whoever operates it sees it."""

    vault: SealedObjects
    store: ObjectStore
    keys: KeyFiles
    journals: Path

    def sealed(self, name: str) -> bytes:
        return b"".join(self.store.get(self.keys.label(name)))

    def replaces(self, name: str, sealed: bytes) -> None:
        """Be the store's operator, and put other bytes in an object's place."""
        self.store.remove(self.keys.label(name))
        assert self.store.put(self.keys.label(name), [sealed])


@pytest.fixture(params=["memory", "folder", "s3"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Here]:
    keys = KeyFiles(tmp_path / "keys", bytes(range(32)))
    keys.create(SCOPE)
    keys.create(OTHER)
    journal = Journal(tmp_path / "journals", "openings", sync=True)

    def over(store: ObjectStore) -> Here:
        return Here(SealedObjects(store, keys, journal), store, keys, tmp_path / "journals")

    if request.param == "memory":
        yield over(MemoryObjects())
    elif request.param == "folder":
        yield over(FolderStore(tmp_path / "objects"))
    else:
        server: S3Server = request.getfixturevalue("s3")
        with server.store(f"{secrets.token_hex(8)}/") as store:
            yield over(store)


@pytest.mark.parametrize("pieces", [(), (b"",), (b"a",), (b"a" * 100_000, b"", b"b" * 100_001)])
def test_what_is_put_comes_back_and_its_digest_is_of_the_plain_bytes(
    here: Here, pieces: tuple[bytes, ...]
) -> None:
    plain = b"".join(pieces)
    assert here.vault.put("a", SCOPE, pieces) == hashlib.sha256(plain).hexdigest()
    assert whole(here.vault, "a", SCOPE) == plain


def test_an_object_of_several_parts_comes_back(here: Here) -> None:
    piece = secrets.token_bytes(1 << 20)
    digest = here.vault.put("a", SCOPE, (piece for _ in range(PART_BYTES // len(piece) + 1)))
    assert hashlib.sha256(whole(here.vault, "a", SCOPE)).hexdigest() == digest


def test_the_same_bytes_again_change_nothing_and_others_are_refused(here: Here) -> None:
    digest = here.vault.put("a", SCOPE, (b"one",))
    before = here.sealed("a")
    assert here.vault.put("a", SCOPE, (b"o", b"ne")) == digest
    for other in ((b"two",), (b"on",), (b"one ",), ()):
        with pytest.raises(AlreadyKept):
            here.vault.put("a", SCOPE, other)
    with pytest.raises(IntegrityFailure):
        here.vault.put("a", OTHER, (b"one",))
    assert here.sealed("a") == before
    assert whole(here.vault, "a", SCOPE) == b"one"


def test_what_no_record_names_is_put_anew(here: Here) -> None:
    here.vault.put("a", SCOPE, (b"of an attempt that was cut off",))
    put_anew(here.vault, "a", SCOPE, (b"two",))
    assert whole(here.vault, "a", SCOPE) == b"two"


def test_a_name_or_a_scope_without_anything_is_not_found(here: Here) -> None:
    here.vault.put("a", SCOPE, (b"one",))
    for name, scope in (("b", SCOPE), ("a", "permit/none")):
        with pytest.raises(NotFound):
            whole(here.vault, name, scope)
    with pytest.raises(NotFound):
        here.vault.put("a", "permit/none", (b"x",))
    assert whole(here.vault, "a", SCOPE) == b"one"


def test_removing_is_for_good_and_may_be_repeated(here: Here) -> None:
    here.vault.put("a", SCOPE, (b"one",))
    here.vault.remove("a")
    here.vault.remove("a")
    with pytest.raises(NotFound):
        whole(here.vault, "a", SCOPE)


def test_without_its_key_an_object_is_noise(here: Here) -> None:
    here.vault.put("a", SCOPE, (b"one",))
    here.keys.destroy(SCOPE)
    with pytest.raises(NoDataKey):
        here.vault.open("a", SCOPE)
    with pytest.raises(NoDataKey):
        here.vault.put("a", SCOPE, (b"two",))


def test_the_store_sees_neither_names_nor_content(here: Here) -> None:
    name = "cohort/per-1/MI-0007"
    here.vault.put(name, SCOPE, (b"MI-0007 says",))
    assert b"MI-0007" not in here.sealed(name)
    label = here.keys.label(name)
    assert len(label) == 64
    # Whoever guesses the name can't check the guess.
    assert label not in {hashlib.sha256(guess).hexdigest() for guess in (name.encode(), b"", bytes(32))}


def cut(sealed: bytes, kept: int) -> bytes:
    return sealed[: HEADER_BYTES + kept * SEALED_SEGMENT_BYTES]


def swapped(sealed: bytes, first: int, second: int) -> bytes:
    body = sealed[HEADER_BYTES:]
    pieces = [body[at : at + SEALED_SEGMENT_BYTES] for at in range(0, len(body), SEALED_SEGMENT_BYTES)]
    pieces[first], pieces[second] = pieces[second], pieces[first]
    return sealed[:HEADER_BYTES] + b"".join(pieces)


def flipped(sealed: bytes, segment: int) -> bytes:
    at = HEADER_BYTES + segment * SEALED_SEGMENT_BYTES + 7
    return sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :]


@pytest.mark.parametrize(
    ("altered", "segment"),
    [
        (lambda sealed: cut(sealed, 3), 2),
        (lambda sealed: sealed[:-1], 5),
        (lambda sealed: sealed + b"more", 5),
        (lambda sealed: swapped(sealed, 1, 4), 1),
        (lambda sealed: flipped(sealed, 0), 0),
        (lambda sealed: flipped(sealed, 3), 3),
        (lambda sealed: b"\0" + sealed[1:], None),
        (lambda _: b"something foreign", None),
    ],
    ids=["cut", "cut-byte", "longer", "swapped", "flipped-0", "flipped-3", "header", "foreign"],
)
def test_what_is_not_what_was_sealed_is_named_by_its_segment_and_nothing_of_it_comes_out(
    here: Here, altered: object, segment: int | None
) -> None:
    here.vault.put("a", SCOPE, (PLAIN,))
    assert callable(altered)
    here.replaces("a", altered(here.sealed("a")))
    out: list[bytes] = []
    with pytest.raises(BrokenSeal) as broken:
        out.extend(here.vault.open("a", SCOPE))
    assert broken.value.segment == segment
    assert PLAIN.startswith(b"".join(out))
    assert len(b"".join(out)) <= (segment or 0) * SEGMENT_BYTES


def test_another_objects_bytes_and_another_keys_open_nothing(here: Here) -> None:
    here.vault.put("a", SCOPE, (b"one",))
    here.vault.put("b", SCOPE, (b"two",))
    here.vault.put("c", OTHER, (b"three",))
    for other in ("b", "c"):
        here.replaces("a", here.sealed(other))
        with pytest.raises(IntegrityFailure, match="header"):
            whole(here.vault, "a", SCOPE)


def test_bytes_that_fail_to_come_leave_what_was_there(here: Here) -> None:
    def fails() -> Iterator[bytes]:
        yield b"x" * 200_000
        raise IntegrityFailure("not what was signed")

    with pytest.raises(IntegrityFailure):
        here.vault.put("b", SCOPE, fails())
    with pytest.raises(NotFound):
        whole(here.vault, "b", SCOPE)
    here.vault.put("a", SCOPE, (b"one",))
    with pytest.raises(IntegrityFailure):
        here.vault.put("a", SCOPE, fails())
    assert whole(here.vault, "a", SCOPE) == b"one"


def test_each_opening_is_a_line_before_the_first_byte_and_none_happens_without(here: Here) -> None:
    here.vault.put("a", SCOPE, (b"one",))
    here.vault.put("a", SCOPE, (b"one",))  # a comparison is no opening
    pieces = here.vault.open("a", SCOPE)
    assert not here.journals.exists()
    assert next(pieces) == b"one"
    (file,) = here.journals.iterdir()
    line = file.read_text()
    assert hashlib.sha256(b"a").hexdigest() in line
    assert hashlib.sha256(SCOPE.encode()).hexdigest() in line
    assert line.count("\n") == 1


def test_where_the_journal_cannot_be_written_nothing_opens(here: Here) -> None:
    here.vault.put("a", SCOPE, (b"one",))
    here.journals.write_text("not a folder")
    with pytest.raises(Unreachable):
        whole(here.vault, "a", SCOPE)
