"""How a hostile store is spoken with: it sends us elsewhere, lists what isn't ours, is down, slow, mute, or no store at all."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from spe.adapters.objects import SealedObjects
from spe.adapters.s3_calls import DENIED, FAILED, LATE, REDIRECTED, UNREACHABLE, Failing
from spe.adapters.s3_store import S3Store
from spe.crypto.sealed import BrokenSeal
from spe.crypto.vault import whole
from spe.errors import NotFound, Unreachable
from tests.hostile_store import (
    SCOPE,
    SECRET,
    Answer,
    HostileStore,
    Raw,
    error,
    hostile_store,
    raw,
    xml,
)
from tests.services.s3_server import S3Server
from tests.tls import certified

LABEL = "a" * 64
PART = 5 << 20
LARGE = bytes(range(256)) * 4096 * 6
BOMB = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'>" + "".join(
    f"<!ENTITY {'b' * (at + 2)} '{'&' + 'b' * (at + 1) + ';'}{('&' + 'b' * (at + 1) + ';') * 9}'>"
    for at in range(9)
)


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


def test_however_many_ask_a_mute_store_holds_up_one(hostile: HostileStore) -> None:
    hostile.mood = lambda *_: raw(b"", stay=2)
    with hostile.store(patience=1) as ours:
        began, waits = time.monotonic(), []

        def asks() -> None:
            with suppress(Unreachable):
                ours.probe()
            waits.append(time.monotonic() - began)

        threads = [threading.Thread(target=asks) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(hostile.asked) <= 2
    assert sum(wait > 0.9 for wait in waits) == 1


def test_of_a_host_with_many_addresses_that_do_not_answer_the_wait_is_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as queued:
        for _ in range(4):  # connections beyond these are not taken up
            one = queued.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        many = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", full.getsockname())] * 50
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
        there = HostileStore(port=full.getsockname()[1])
        with there.store(patience=0.6) as ours:
            began = time.monotonic()
            with pytest.raises(Failing):
                ours.probe()
            assert time.monotonic() - began < 3


def test_a_store_that_is_down_is_told_in_time() -> None:
    with hostile_store() as gone, gone.store() as ours:
        pass
    with gone.store(patience=2) as ours:
        began = time.monotonic()
        assert codes(ours) <= {UNREACHABLE, LATE}
        assert time.monotonic() - began < 20


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
    with hostile_store(tls=tls) as there, there.store(scheme="https", trust=trust) as ours:
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
