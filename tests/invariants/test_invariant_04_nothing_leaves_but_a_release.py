"""Nothing enters a workspace that is not in the permit, and the bytes that leave are the bytes that were checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from spe.cohort import office as cohorts
from spe.cohort.extract import extract
from spe.cohort.model import Cohort
from spe.cohort.place import object_name, scope
from spe.crypto.vault import put_anew
from spe.output.place import canonical_object
from spe.release import making
from tests.builders import BERLIN, MADRID, MILANO, Site, patients
from tests.cast import Cast

_OTHER_DIGITS = bytes.maketrans(b"0123456789", b"1234567890")
GRANTED = ["horTh", "tgrade", "time", "cens"]


def enters(cast: Cast, site: Site) -> None:
    """Look at what is sealed for a workspace: granted columns of consenting subjects, a number in place of each."""
    table = patients(site)
    if not _is_there(cast, table.id):
        cast.given_data(table)
        cast.holder(site).records(site, (table.subjects[0], "withdrawal", "*"))
    key = f"{cast.given_permit(table)}.{site.holder}"
    stored = cast.cohorts.pep.records.get(Cohort, key)
    assert stored is not None
    sealed = cast.cohorts.vault.open(object_name(key, stored.value.rows), scope(stored.value.permit))
    header, *rows = b"".join(sealed).decode().splitlines()
    assert header.split(",") == ["row", *GRANTED], "a column enters that was not granted"
    assert len(rows) == len(table.subjects) - 1, "somebody who withdrew is in"
    assert not any(subject in row for row in rows for subject in table.subjects), "a pseudonym enters"


def leaves(cast: Cast, permit: str, code: str) -> None:
    """Let somebody who has the data key replace an approved table by another that looks like one; ask for its release."""
    output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    vault = cast.cohorts.vault
    approved = b"".join(vault.open(canonical_object(output), scope(permit)))
    put_anew(vault, canonical_object(output), scope(permit), (approved.translate(_OTHER_DIGITS),))
    release = cast.researcher.asks_release(permit, MILANO, output)
    made = cast.researcher.release(release)
    assert made["status"] == "stopped", "other bytes left than were checked"
    assert made["reasons"] == ["bytes_not_approved"]


@pytest.fixture(scope="module")
def permit(cast: Cast) -> str:
    permit = cast.given_permit(*cast.given_data(patients()))
    cast.researcher.opens(permit, MILANO)
    return permit


@pytest.fixture(scope="module")
def code(cast: Cast, permit: str) -> str:
    return cast.given_code(permit)


def test_only_what_was_granted_enters(cast: Cast) -> None:
    enters(cast, BERLIN)


def test_only_the_bytes_that_were_checked_leave(cast: Cast, permit: str, code: str) -> None:
    leaves(cast, permit, code)


def _every_column(patch: pytest.MonkeyPatch) -> None:
    """The extract takes every column of the dataset."""

    def every(rows: Any, subject: str, chosen: frozenset[str], _fields: Any, *rest: Any) -> list[list[str]]:
        return extract(rows, subject, chosen, tuple(rows[0]), *rest)

    patch.setattr(cohorts, "extract", every)


def _everybody(patch: pytest.MonkeyPatch) -> None:
    """Directives are read and not applied."""
    patch.setattr(cohorts, "allowed", lambda subjects, *_: frozenset(subjects))


@pytest.mark.parametrize(
    ("broken", "site", "seen"),
    [(_every_column, MADRID, "was not granted"), (_everybody, BERLIN, "somebody who withdrew")],
)
def test_entering_is_seen_when(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
    site: Site,
    seen: str,
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=seen):
        enters(cast, site)


def test_leaving_is_seen_when_the_digest_is_skipped(
    cast: Cast, permit: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last gate packs what is on disk without comparing it with what was approved."""
    numbers = count()

    class AnyDigest(str):
        """Equals every digest."""

        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return hash(next(numbers))

    class Hashed:
        def __init__(self, data: bytes) -> None:
            self._real = _sha256(data)

        def hexdigest(self) -> str:
            return AnyDigest(self._real.hexdigest())

    _sha256: Any = hashlib.sha256
    monkeypatch.setattr(making, "hashlib", type("hashlib", (), {"sha256": Hashed}))
    with pytest.raises(AssertionError, match="other bytes left"):
        leaves(cast, permit, code)


def _is_there(cast: Cast, dataset: str) -> bool:
    return any(one["id"] == dataset for one in cast.auditor.get("/datasets")["items"])
