"""A witness as it is met: a process, over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from spe.cli.main import main
from spe.crypto.cosignature import cosigned_at
from spe.crypto.note import split_note
from spe.errors import Unreachable
from spe.witness.main import serve
from tests.builders import CHECKOUT
from tests.unit.witness.growing import KEY, NAME, OTHER, GrowingLog, request
from tests.witnesses import Running, made, running

LOG = sha256(KEY.public.name.encode()).hexdigest()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "w1"
    with running(folder, made(folder, NAME, KEY.public)) as started:
        yield started


def test_it_answers_as_the_standard_says(here: Running) -> None:
    log = GrowingLog().grow(20)
    status, kind, body = here.add(log.asks(0, 10))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    time_ = cosigned_at(split_note(log.checkpoint(10))[0], (body.decode(),), here.key)
    assert time_ is not None
    assert abs(time_ - time.time()) < 60
    assert here.add(log.asks(5)) == (409, "text/x.tlog.size", b"10\n")
    assert here.add(request(10, (), log.checkpoint()))[0] == 422
    assert here.add(GrowingLog(key=OTHER).grow(20).asks(10))[0] == 403
    assert here.add(log.asks(21))[0] == 400
    assert here.add(b"old 0\n\nanother.example\n1\n\n\n")[0] == 400
    unknown = log.asks(10).replace(f"{KEY.public.name}\n".encode(), b"other.example\n", 1)
    assert here.add(unknown)[0] == 404
    assert here.add(log.asks(10))[0] == 200
    assert here.asks("GET", "/add-checkpoint")[0] == 405
    assert here.asks("GET", "/")[0] == 404


def test_its_last_head_can_be_had_and_is_what_it_cosigned(here: Running) -> None:
    log = GrowingLog().grow(5)
    assert here.asks("GET", f"/logs/{LOG}/checkpoint")[0] == 404
    line = here.add(log.asks(0))[2].decode()
    assert here.asks("GET", f"/logs/{LOG}/checkpoint")[2].decode() == log.checkpoint() + line
    assert here.asks("GET", f"/logs/{'0' * 64}/checkpoint")[0] == 404


def test_two_histories_are_an_alarm_for_everybody(here: Running, capsys: pytest.CaptureFixture[str]) -> None:
    log = GrowingLog().grow(5)
    fork = log.fork(2).grow(3, "other")
    here.add(log.asks(0))
    assert main(["witness", "alarms", str(here.folder)]) == 0
    assert here.add(fork.asks(5)) == (409, "text/x.tlog.size", b"5\n")
    (alarm,) = json.loads(here.asks("GET", "/alarms")[2])["alarms"]
    assert alarm["origin"] == KEY.public.name
    assert set(alarm["checkpoints"]) == {log.checkpoint(), fork.checkpoint()}
    capsys.readouterr()
    assert main(["witness", "alarms", str(here.folder)]) == 12
    told = capsys.readouterr()
    assert "two histories" in told.err


def test_a_second_process_on_the_same_folder_is_refused_and_the_first_goes_on(here: Running) -> None:
    words = [sys.executable, "-m", "spe.cli.main", "witness", "serve", str(here.folder), "--port", "0"]
    second = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 13
    assert "another process of this witness" in second.stderr
    assert here.add(GrowingLog().grow(5).asks(0))[0] == 200


def test_what_it_answered_it_knows_after_a_kill(tmp_path: Path) -> None:
    log, folder, old = GrowingLog().grow(60), tmp_path / "w1", 0
    key = made(folder, NAME, KEY.public)
    for size in (7, 20, 60):
        with running(folder, key) as here:
            assert here.add(log.asks(old, size))[0] == 200
            here.kill()
        old = size
    with running(folder, key) as here:
        assert here.add(log.asks(0)) == (409, "text/x.tlog.size", b"60\n")


def test_who_sends_too_much_or_too_slowly_or_nothing_keeps_nobody_out_for_long(here: Running) -> None:
    assert here.add(b"x" * (1 << 20))[0] in {400, 413}
    address = urlsplit(here.url)
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 100\r\n"
    beginnings = (b"", b"POST /add", head, head + b"\r\nold 0\n")
    connections = [socket.create_connection((address.hostname, address.port), timeout=40) for _ in range(100)]
    for connection, beginning in zip(connections, beginnings, strict=False):
        connection.sendall(beginning)
    end = time.monotonic() + 60
    while here.add(GrowingLog().grow(5).asks(0))[0] == 503:
        assert time.monotonic() < end
        time.sleep(0.2)
    for connection in connections:
        with connection, suppress(ConnectionError):
            assert connection.recv(64)[:12] in {b"", b"HTTP/1.1 408", b"HTTP/1.1 503"}


def test_one_connection_carries_many_questions(here: Running) -> None:
    log, connection = GrowingLog().grow(50), http.client.HTTPConnection(urlsplit(here.url).netloc, timeout=30)
    for size in range(1, 50):
        connection.request("POST", "/add-checkpoint", log.asks(size - 1, size))
        answer = connection.getresponse()
        assert answer.read()[:3] == "\u2014".encode()
        assert answer.status == 200
    connection.close()


def test_where_nothing_can_be_listened_on_or_no_witness_is_the_start_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "w1"
    made(folder, NAME, KEY.public)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match="can't be listened on"):
            serve(folder, "127.0.0.1", port, lambda _address: None)
    assert main(["witness", "serve", str(tmp_path / "nothing")]) == 13
    assert main(["witness", "key", str(folder)]) == 0


def test_the_command_line_makes_a_witness_that_knows_a_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["witness", "init", str(tmp_path / "w1"), "--name", NAME, "--log"]
    assert main([*words, KEY.public.text(), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    (tmp_path / "second.pub").write_text(OTHER.public.text() + "\n")
    assert main([*words, str(tmp_path / "second.pub"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["key"] == first["key"]
    assert main([*words, "no+key"]) == 2
    assert (
        main(["witness", "init", str(tmp_path / "w1"), "--name", "another", "--log", KEY.public.text()]) == 2
    )
