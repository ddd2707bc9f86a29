"""A store that answers what it likes: other bytes, other lengths, old versions, elsewhere, never, or well without doing it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from spe.adapters.journal import Journal
from spe.adapters.objects import SealedObjects
from spe.adapters.s3_calls import DENIED, FAILED, LATE, REDIRECTED, UNREACHABLE, Failing
from spe.adapters.s3_store import S3Store
from spe.audit.change import Change, Who
from spe.audit.events import StaffRef
from spe.audit.opening import AuditedVault
from spe.crypto.key_files import KeyFiles
from spe.crypto.sealed import BrokenSeal
from spe.crypto.vault import put_anew, verified, whole
from spe.errors import IntegrityFailure, NotFound, Unreachable
from tests.fakes import Covered, FixedClock, MemoryStore
from tests.hostile_store import (
    SECRET,
    Answer,
    Asked,
    HostileStore,
    Raw,
    error,
    hostile_store,
    piece,
    tag,
    xml,
)
from tests.services.s3_server import S3Server
from tests.tls import certified

SCOPE = "permit/per-1"
LABEL = "a" * 64
PART = 5 << 20
LARGE = bytes(range(256)) * 4096 * 6
BOMB = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'>" + "".join(
    f"<!ENTITY {'b' * (at + 2)} '{'&' + 'b' * (at + 1) + ';'}{('&' + 'b' * (at + 1) + ';') * 9}'>"
    for at in range(9)
)


@pytest.fixture
def hostile() -> Iterator[HostileStore]:
    with hostile_store() as store:
        yield store


@pytest.fixture
def ours(hostile: HostileStore) -> Iterator[S3Store]:
    with hostile.store() as store:
        yield store


@pytest.fixture
def vault(ours: S3Store, tmp_path: Path) -> SealedObjects:
    keys = KeyFiles(tmp_path / "keys", bytes(range(32)))
    keys.create(SCOPE)
    return SealedObjects(ours, keys, Journal(tmp_path / "journals", "openings"))


def raw(data: bytes, *, stay: float = 0.0, drip: float = 0.0) -> Raw:
    """Send bytes as they are, all at once or by the byte, and hang up after a while."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for part in [data[at : at + 1] for at in range(len(data))] if drip else [data]:
            handler.wfile.write(part)
            time.sleep(drip)
        time.sleep(stay)

    return answer


def everything(store: S3Store) -> dict[str, Failing | None]:
    """Ask for everything there is to ask, and return how each failed."""
    said: dict[str, Failing | None] = {}
    for name, act in {
        "put": lambda: store.put(LABEL, [b"x"]),
        "get": lambda: list(store.get(LABEL)),
        "remove": lambda: store.remove(LABEL),
        "probe": store.probe,
        "sweep": store.sweep,
        "tried": store.tried,
    }.items():
        said[name] = None
        try:
            act()
        except Failing as failing:
            said[name] = failing
    return said


def codes(store: S3Store) -> set[str]:
    return {failing.code if failing else "" for failing in everything(store).values()}


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


# ------------------------------------------------------------------------------------------------- elsewhere, and lists


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("region", ["", "eu-south-1"])
def test_nobody_is_asked_elsewhere_and_no_token_goes_there(
    hostile: HostileStore, ours: S3Store, status: int, region: str
) -> None:
    with hostile_store() as elsewhere:
        headers = {"Location": f"http://127.0.0.1:{elsewhere.port}/sealed/x"}
        if region:
            headers["x-amz-bucket-region"] = region
        hostile.mood = lambda *_: Answer(status, headers=headers)
        assert codes(ours) == {REDIRECTED}
        assert elsewhere.asked == []


def test_an_answer_that_names_another_endpoint_or_region_leads_nowhere(
    hostile: HostileStore, ours: S3Store
) -> None:
    with hostile_store() as elsewhere:
        there = f"127.0.0.1:{elsewhere.port}"
        for code in ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"):
            body = (
                f"<Error><Code>{code}</Code><Region>eu-south-1</Region><Endpoint>{there}</Endpoint></Error>"
            )
            hostile.mood = lambda *_, body=body: xml(body, 400)
            assert codes(ours) == {FAILED}
        assert elsewhere.asked == []


def test_what_a_list_names_that_is_not_ours_is_left_alone(hostile: HostileStore) -> None:
    names = [
        "other/thing",
        f"mine/{LABEL}/more",
        "mine/" + "A" * 64,
        f"yours/{LABEL}",
        LABEL,
        "mine/../" + LABEL,
    ]
    hostile.mood = lambda asked, store: (
        store.listing([(f"/sealed/{name}", f"u{at}") for at, name in enumerate(names)])
        if "uploads" in asked.query
        else None
    )
    with hostile.store(prefix="mine/") as ours:
        assert ours.sweep() == 0
    assert hostile.count("DELETE uploadId") == 0


def test_a_list_without_end_is_left(hostile: HostileStore, ours: S3Store) -> None:
    hostile.mood = lambda asked, store: store.listing([], more=True) if "uploads" in asked.query else None
    assert ours.sweep() == 0
    assert hostile.count("GET uploads") <= 100


def test_uploads_that_a_killed_process_left_are_swept_and_its_object_was_never_seen(
    hostile: HostileStore, ours: S3Store
) -> None:
    class Killed(BaseException):
        pass

    def dies() -> Iterator[bytes]:
        yield LARGE
        hostile.mood = lambda asked, _: raw(b"") if asked.method == "DELETE" else None
        raise Killed

    with pytest.raises(Killed):
        ours.put(LABEL, dies())
    assert len(hostile.uploads) == 1
    with pytest.raises(NotFound):
        list(ours.get(LABEL))
    hostile.mood = lambda *_: None
    assert ours.sweep() == 1
    assert hostile.uploads == {}


# --------------------------------------------------------------------------------------------- down, slow, broken, mute


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"", stay=3),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 90, drip=0.05),
        raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 90, drip=0.05),
        raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 4, drip=0.05),
    ],
    ids=["mute", "body", "headers", "continue"],
)
def test_whoever_dawdles_is_left_in_time(hostile: HostileStore, answer: Raw) -> None:
    hostile.mood = lambda *_: answer
    with hostile.store(patience=0.6) as ours:
        for act in (ours.sweep, lambda: list(ours.get(LABEL))):
            began = time.monotonic()
            with pytest.raises(Failing) as failing:
                act()
            assert failing.value.code in {LATE, UNREACHABLE}
            assert time.monotonic() - began < 2


def test_a_store_that_is_down_is_told_in_time() -> None:
    with hostile_store() as gone, gone.store() as ours:
        pass
    with gone.store(patience=2) as ours:
        began = time.monotonic()
        assert codes(ours) == {UNREACHABLE}
        assert time.monotonic() - began < 15


@pytest.mark.parametrize(("status", "code"), [(500, FAILED), (503, FAILED), (429, FAILED)])
def test_what_may_pass_is_tried_four_times_and_no_more(
    hostile: HostileStore, ours: S3Store, status: int, code: str
) -> None:
    hostile.mood = lambda *_: error(status, "InternalError")
    with pytest.raises(Failing) as failing:
        ours.probe()
    assert failing.value.code == code
    assert len(hostile.asked) == 4


def test_a_bucket_that_is_gone_is_a_store_that_fails_and_not_an_object_that_is_missing(
    hostile: HostileStore, vault: SealedObjects
) -> None:
    hostile.mood = lambda *_: error(404, "NoSuchBucket")
    for act in (
        lambda: whole(vault, "a", SCOPE), lambda: vault.put("a", SCOPE, [b"x"]), vault.store.probe, vault.store.tried,
    ):  # fmt: skip
        with pytest.raises(Failing):
            act()


@pytest.mark.parametrize(("status", "code"), [(401, DENIED), (403, DENIED), (400, FAILED), (405, FAILED)])
def test_a_refusal_is_not_asked_again(hostile: HostileStore, ours: S3Store, status: int, code: str) -> None:
    hostile.mood = lambda *_: error(status, "AccessDenied")
    with pytest.raises(Failing) as failing:
        ours.probe()
    assert failing.value.code == code
    assert len(hostile.asked) <= 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<a>" * 1000),
        Answer(200, BOMB.encode() + b"]><a>&bbbbbbbbbb;</a>"),
        Answer(404, BOMB.encode() + b"]><Error><Code>&bbbbbbbbbb;</Code></Error>"),
        Answer(200, b"\xff\xfe\x00" * 999),
        Answer(200, b"x" * (10 << 20)),
        Answer(200, b"\x1f\x8b" + bytes(100), {"Content-Encoding": "gzip"}),
        raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % at for at in range(500)) + b"\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nshort"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nshort"),
        raw(b"SSH-2.0-OpenSSH\r\n"),
        raw(b"HTTP/1.1 999999 OK\r\n\r\n"),
    ],
    ids=[
        "open-tags", "bomb", "bomb-404", "binary", "large", "gzip", "many-headers", "long-header", "chunks",
        "long", "negative", "ssh", "status",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_a_failure_with_its_code_and_nothing_else(
    hostile: HostileStore, vault: SealedObjects, answer: Answer | Raw
) -> None:
    hostile.mood = lambda *_: answer
    with hostile.store(patience=1) as vault.store:
        for act in (lambda: vault.put("a", SCOPE, [b"x"]), lambda: whole(vault, "a", SCOPE)):
            with pytest.raises((Unreachable, BrokenSeal, NotFound)):
                act()
        with suppress(Failing):
            assert vault.store.sweep() == 0


def test_neither_secrets_nor_what_the_store_says_are_in_what_is_told(
    hostile: HostileStore, ours: S3Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for code in ("\x1b[31mred", "<b>bold</b>", SECRET, "A" * 10_000):
        hostile.mood = lambda asked, _, code=code: error(
            403, f"<![CDATA[{code}]]>" if "\x1b" not in code else code
        )  # type: ignore[misc]
        for failing in everything(ours).values():
            assert failing is not None
            for text in (str(failing), repr(failing), str(failing.__cause__)):
                assert SECRET not in text
                assert "\x1b" not in text
                assert "<b>" not in text
                assert len(text) < 300
    assert SECRET not in caplog.text
    assert SECRET not in repr(ours._calls._place)


# -------------------------------------------------------------------------------------------------------- TLS, memory


@pytest.mark.parametrize("vouched", [False, True])
def test_over_tls_the_store_must_be_vouched_for(tmp_path: Path, vouched: bool) -> None:
    tls = certified(tmp_path)
    trust = ssl.create_default_context(cafile=tmp_path / "authority.pem" if vouched else None)
    with hostile_store(tls=tls) as there, there.store(scheme="https", trust=trust, patience=2) as ours:
        if vouched:
            assert ours.put(LABEL, [LARGE]) is True
            assert b"".join(ours.get(LABEL)) == LARGE
        else:
            assert codes(ours) == {UNREACHABLE}
            assert there.asked == []


def test_a_handshake_that_never_ends_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        there = HostileStore(port=mute.getsockname()[1])
        trust = ssl.create_default_context()
        with there.store(scheme="https", trust=trust, patience=0.6) as ours:
            began = time.monotonic()
            with pytest.raises(Failing):
                ours.probe()
            assert time.monotonic() - began < 2


def test_however_large_an_object_is_memory_stays_as_it_was(s3: S3Server, tmp_path: Path) -> None:
    grown = subprocess.run(
        [sys.executable, "-m", "tests.attacks.large_object_child", s3.url, str(tmp_path), "96"],
        check=True, capture_output=True, timeout=110, text=True,
    )  # fmt: skip
    assert int(grown.stdout) <= 64
