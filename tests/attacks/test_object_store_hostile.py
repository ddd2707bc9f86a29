"""A store that answers what it likes: other bytes, other lengths, old versions, elsewhere, never, or well without doing it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spe.adapters.objects import SealedObjects
from spe.adapters.s3_calls import DENIED, Failing
from spe.adapters.s3_store import S3Store
from spe.audit.change import Change, Who
from spe.audit.events import StaffRef
from spe.audit.opening import AuditedVault
from spe.crypto.sealed import BrokenSeal
from spe.crypto.vault import put_anew, verified, whole
from spe.errors import IntegrityFailure, Unreachable
from tests.fakes import Covered, FixedClock, MemoryStore
from tests.hostile_store import (
    SCOPE,
    Answer,
    Asked,
    HostileStore,
    Raw,
    error,
    piece,
    raw,
    tag,
    xml,
)

LABEL = "a" * 64
PART = 5 << 20
LARGE = bytes(range(256)) * 4096 * 6
# ------------------------------------------------------------------------------------------------------------ reading


def ranged(body: bytes, said: str) -> Answer:
    return Answer(206, body, {"ETag": '"x"', "Content-Range": f"bytes {said}"})


# What is answered to a range that begins at a byte, in place of the honest answer; None is honest.
LIES: dict[str, Callable[[int, Answer, bytes], Answer | None]] = {
    "shorter": lambda _, honest, __: Answer(206, honest.body[:-1], honest.headers),
    "longer": lambda _, honest, __: Answer(206, honest.body + b"x", honest.headers),
    "whole": lambda _, __, kept: Answer(200, kept, {"ETag": tag(kept)}),
    "unranged": lambda _, honest, __: Answer(206, honest.body, {"ETag": '"x"'}),
    "other range": lambda at, honest, kept: ranged(
        honest.body, f"{at + 1}-{at + len(honest.body)}/{len(kept) + 1}"
    ),
    "negative": lambda at, honest, _: ranged(honest.body, f"{at}--5/9"),
    "empty": lambda at, _, __: ranged(b"", f"{at}-{at}/9"),
    "grows": lambda at, honest, kept: (
        ranged(honest.body, f"{at}-{at + len(honest.body) - 1}/{len(kept) + 9}") if at else None
    ),
    "gone": lambda at, *_: error(404, "NoSuchKey") if at else None,
    "replaced": lambda at, *_: error(412, "PreconditionFailed") if at else None,
}


def lying(asked: Asked, store: HostileStore, change: str) -> Answer | None:
    if asked.what != "GET":
        return None
    at = int(asked.headers["range"].split("=")[1].split("-")[0])
    return LIES[change](at, piece(store.kept[asked.path], asked), store.kept[asked.path])


@pytest.mark.parametrize(
    ("change", "segment"),
    [
        ("shorter", None), ("longer", None), ("whole", None), ("unranged", None), ("other range", None),
        ("negative", None), ("empty", None), ("grows", 79), ("gone", 79), ("replaced", 79),
    ],
)  # fmt: skip
def test_another_length_or_range_is_noticed_where_it_begins(
    hostile: HostileStore, vault: SealedObjects, change: str, segment: int | None
) -> None:
    vault.put("a", SCOPE, [LARGE])
    hostile.mood = lambda asked, store: lying(asked, store, change)
    out: list[bytes] = []
    with pytest.raises(BrokenSeal) as broken:
        out.extend(vault.open("a", SCOPE))
    assert broken.value.segment == segment
    assert LARGE.startswith(b"".join(out))
    assert segment or not out


def test_an_object_that_says_it_goes_on_without_end_stops_at_the_first_segment_that_is_none(
    hostile: HostileStore, vault: SealedObjects
) -> None:
    vault.put("a", SCOPE, [b"one"])

    def endless(asked: Asked, store: HostileStore) -> Answer | None:
        if asked.what != "GET":
            return None
        start, end = asked.headers["range"].split("=")[1].split("-")
        body = (store.kept[asked.path] + bytes(PART))[:PART]
        return Answer(206, body, {"ETag": '"x"', "Content-Range": f"bytes {start}-{end}/{2**60}"})

    hostile.mood = endless
    with pytest.raises(BrokenSeal) as broken:
        whole(vault, "a", SCOPE)
    assert broken.value.segment == 0
    assert hostile.count("GET") <= 2


def test_an_old_version_opens_as_what_it_was_and_the_digest_in_the_record_tells(
    hostile: HostileStore, vault: SealedObjects
) -> None:
    vault.put("a", SCOPE, [b"old"])
    old = dict(hostile.kept)
    recorded = put_anew(vault, "a", SCOPE, [b"new"])
    hostile.kept = old
    with pytest.raises(IntegrityFailure):
        b"".join(verified(vault.open("a", SCOPE), recorded))


# ------------------------------------------------------------------------------------------------------------ writing


@pytest.mark.parametrize("data", [b"x", LARGE], ids=["whole", "parts"])
def test_a_store_that_says_it_keeps_what_it_does_not_is_not_believed(
    hostile: HostileStore, ours: S3Store, data: bytes
) -> None:
    def forgets(asked: Asked, store: HostileStore) -> Answer | None:
        answer = store.honest(asked)
        store.kept.clear()
        return answer

    hostile.mood = forgets
    with pytest.raises(Failing, match="does not"):
        ours.put(LABEL, [data])


def test_a_store_that_says_it_removed_what_it_has_still_is_not_believed(
    hostile: HostileStore, ours: S3Store
) -> None:
    ours.put(LABEL, [b"x"])
    hostile.mood = lambda asked, _: Answer(204) if asked.method == "DELETE" else None
    with pytest.raises(Failing, match="has it still"):
        ours.remove(LABEL)


def test_a_store_that_keeps_another_length_is_not_believed(hostile: HostileStore, ours: S3Store) -> None:
    def cuts(asked: Asked, store: HostileStore) -> Answer | None:
        answer = store.honest(asked)
        store.kept = {path: body[:1] for path, body in store.kept.items()}
        return answer

    hostile.mood = cuts
    with pytest.raises(Failing, match="length"):
        ours.put(LABEL, [b"xyz"])


def test_a_store_that_overwrites_in_spite_of_the_condition_costs_one_writer_its_yes(
    hostile: HostileStore, ours: S3Store, vault: SealedObjects
) -> None:
    def another_comes_first(asked: Asked, store: HostileStore) -> Answer | None:
        if asked.what == "PUT":
            answer = store.honest(asked)
            store.kept[asked.path] = bytes(len(asked.body))  # as long, and somebody else's
            return answer
        return None

    hostile.mood = another_comes_first
    with pytest.raises(BrokenSeal):
        vault.put("a", SCOPE, [b"mine"])


def test_a_store_that_says_taken_and_has_nothing_is_refused(
    hostile: HostileStore, vault: SealedObjects
) -> None:
    hostile.mood = lambda asked, _: error(412, "PreconditionFailed") if asked.what == "PUT" else None
    with pytest.raises(Unreachable, match="nothing there"):
        vault.put("a", SCOPE, [b"one"])


@pytest.mark.parametrize("lost", ["PUT", "POST uploadId"])
def test_a_put_whose_answer_was_lost_is_known_by_its_bytes(
    hostile: HostileStore, vault: SealedObjects, lost: str
) -> None:
    plain = LARGE if lost.startswith("POST") else b"one"
    times: list[Answer] = []

    def loses(asked: Asked, store: HostileStore) -> Answer | Raw | None:
        if asked.what != lost or times:
            return None
        times.append(store.honest(asked))
        return raw(b"")

    hostile.mood = loses
    digest = vault.put("a", SCOPE, [plain])
    assert times
    assert digest == vault.put("a", SCOPE, [plain])
    assert whole(vault, "a", SCOPE) == plain
    assert hostile.uploads == {}


def test_a_store_that_knows_no_condition_is_looked_at_instead(hostile: HostileStore, ours: S3Store) -> None:
    hostile.mood = lambda asked, _: error(501, "NotImplemented") if "if-none-match" in asked.headers else None
    assert "look" in ours.tried()
    assert ours.put(LABEL, [b"one"]) is True
    assert ours.put(LABEL, [b"two"]) is False
    assert ours.put("b" * 64, [LARGE]) is True
    assert b"".join(ours.get(LABEL)) == b"one"


def test_an_error_in_an_answer_of_200_is_one(hostile: HostileStore, ours: S3Store) -> None:
    hostile.mood = lambda asked, _: (
        xml("<Error><Code>InternalError</Code></Error>") if asked.what == "POST uploadId" else None
    )
    with pytest.raises(Failing):
        ours.put(LABEL, [LARGE])
    assert (hostile.kept, hostile.uploads) == ({}, {})


def test_of_an_upload_that_fails_in_the_middle_nothing_is_seen_and_nothing_stays(
    hostile: HostileStore, ours: S3Store
) -> None:
    hostile.mood = lambda asked, _: (
        error(403, "AccessDenied") if asked.query.get("partNumber") == ["2"] else None
    )
    with pytest.raises(Failing) as failing:
        ours.put(LABEL, [LARGE])
    assert failing.value.code == DENIED
    assert (hostile.kept, hostile.uploads) == ({}, {})
    hostile.mood = lambda *_: None
    assert ours.put(LABEL, [LARGE]) is True


def test_a_part_that_fails_once_is_sent_again_and_the_others_are_not(
    hostile: HostileStore, ours: S3Store
) -> None:
    failed: list[Asked] = []

    def once(asked: Asked, _: HostileStore) -> Answer | None:
        if asked.query.get("partNumber") == ["2"] and len(failed) < 2:
            failed.append(asked)
            return error(503, "SlowDown")
        return None

    hostile.mood = once
    assert ours.put(LABEL, [LARGE]) is True
    assert hostile.count("PUT partNumber uploadId") == 2 + len(failed)
    assert b"".join(ours.get(LABEL)) == LARGE


def test_where_the_log_cannot_be_signed_the_store_is_not_even_asked(
    hostile: HostileStore, vault: SealedObjects
) -> None:
    class Uncovered:
        def cover(self, *, witnessed: bool = False) -> int:
            raise Unreachable("nobody signs")

    class Unwritable(MemoryStore):
        def commit(self, change: Change) -> int:
            raise Unreachable("nobody writes")

    vault.put("a", SCOPE, [b"one"])
    before = len(hostile.asked)
    who = Who(StaffRef("somebody"), "o", "r")
    for log, cover in ((MemoryStore(), Uncovered()), (Unwritable(), Covered())):
        audited = AuditedVault(vault, log, cover, FixedClock(), who, frozenset())
        with pytest.raises(Unreachable, match="nobody"):
            whole(audited, "a", SCOPE)
    assert len(hostile.asked) == before
