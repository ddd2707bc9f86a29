"""What a witness cosigns, what it refuses, and what it remembers."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spe.audit.checkpoint import Checkpoint, format_body, parse_body
from spe.crypto import ed25519
from spe.crypto.cosignature import WitnessKey, cosigned_at
from spe.crypto.note import assemble, signature_line, split_note
from spe.errors import Unreachable
from spe.witness import folder as folders
from spe.witness.folder import WitnessFolder
from spe.witness.judge import Answer, Status, Witness
from tests.unit.witness.growing import KEY, OTHER, GrowingLog, Hand, made, request, witness

HUGE = 2**63 - 1


def time_of(answer: Answer, log: GrowingLog, size: int, key: WitnessKey) -> int | None:
    """Return the time of the one line that a witness answered with, verified."""
    assert answer.status is Status.COSIGNED
    return cosigned_at(split_note(log.checkpoint(size))[0], (answer.text,), key)


def test_a_growing_log_is_cosigned_head_by_head(tmp_path: Path) -> None:
    time, log = Hand(), GrowingLog().grow(600)
    here, old = witness(tmp_path, time), 0
    for size in (1, 2, 7, 255, 256, 257, 600):
        time.at += 5
        assert time_of(here.add(log.asks(old, size)), log, size, here.key.public) == time.at
        old = size


def test_the_first_checkpoint_is_taken_at_its_word_and_needs_no_proof(tmp_path: Path) -> None:
    log = GrowingLog().grow(9)
    here = witness(tmp_path)
    assert here.add(request(0, (bytes(32),), log.checkpoint())).status is Status.NOT_CONSISTENT
    assert here.add(log.asks(0)).status is Status.COSIGNED


def test_an_empty_log_is_cosigned_and_may_grow(tmp_path: Path) -> None:
    log = GrowingLog()
    here = witness(tmp_path)
    assert here.add(log.asks(0)).status is Status.COSIGNED
    assert here.add(log.grow(3).asks(0)).status is Status.COSIGNED


def test_whoever_does_not_know_the_known_size_is_told_it(tmp_path: Path) -> None:
    log = GrowingLog().grow(20)
    here = witness(tmp_path)
    here.add(log.asks(0, 10))
    for old in (0, 5, 11, 20):
        assert here.add(log.asks(old)) == Answer(Status.CONFLICT, "10\n", is_size=True)
    assert here.add(log.asks(10)).status is Status.COSIGNED


def test_a_log_that_was_set_back_is_refused_whatever_it_says(tmp_path: Path) -> None:
    log = GrowingLog().grow(300)
    here = witness(tmp_path)
    here.add(log.asks(0))
    for size in range(1, 300):
        for old in {0, size // 2, size}:
            assert here.add(log.asks(old, size)).status is Status.CONFLICT
    assert here.alarms() == ()


def test_a_proof_that_is_cut_extended_or_changed_is_refused(tmp_path: Path) -> None:
    log = GrowingLog().grow(300)
    here = witness(tmp_path)
    here.add(log.asks(0, 100))
    good = log.proof(100)
    flipped = [(*good[:at], bytes([part[0] ^ 1]) + part[1:], *good[at + 1 :]) for at, part in enumerate(good)]
    for proof in [(), good[:-1], good[1:], (*good, bytes(32)), good[::-1], *flipped]:
        assert here.add(request(100, proof, log.checkpoint())).status is Status.NOT_CONSISTENT
    assert here.add(log.asks(100)).status is Status.COSIGNED


def test_another_key_is_refused_and_a_log_that_nobody_named_is_unknown(tmp_path: Path) -> None:
    here = witness(tmp_path)
    forged = GrowingLog(key=OTHER).grow(5)
    assert here.add(forged.asks(0)).status is Status.NOT_SIGNED
    note = forged.checkpoint()
    assert here.add(
        request(0, (), note + split_note(GrowingLog().grow(4).checkpoint())[1][0] + "\n")
    ).status is (Status.NOT_SIGNED)
    for origin in ("another.example/log", "../../etc/passwd", "..", "a/../b", "é/x", "." * 300):
        body = format_body(Checkpoint(origin, 5, bytes(32)))
        signed = assemble(body, (signature_line(KEY.public, ed25519.sign(bytes(range(32)), body.encode())),))
        assert here.add(request(0, (), signed)).status is Status.UNKNOWN_LOG
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "witness.key", "witness.pub"]
    assert len(list((tmp_path / "logs").iterdir())) == 1


def test_a_second_key_of_a_log_is_believed_as_well(tmp_path: Path) -> None:
    made(tmp_path, KEY, OTHER)
    here = witness(tmp_path)
    assert here.add(GrowingLog().grow(5).asks(0)).status is Status.COSIGNED
    later = GrowingLog(key=OTHER).grow(8)
    assert here.add(later.asks(5)).status is Status.COSIGNED


BAD = {
    "nothing": b"",
    "no text": b"\xff\xfe",
    "no note": b"old 0\n\n",
    "no old size": b"\n\n" + GrowingLog().grow(1).checkpoint().encode(),
    "larger than the checkpoint": GrowingLog().grow(1).asks(2),
    "as large as sizes go": GrowingLog().grow(1).asks(HUGE),
    "larger than sizes go": GrowingLog().grow(1).asks(2**64),
    "ten thousand digits": GrowingLog().grow(1).asks(0).replace(b"old 0", b"old " + b"9" * 10_000),
    "a leading zero": GrowingLog().grow(1).asks(0).replace(b"old 0", b"old 00"),
    "negative": GrowingLog().grow(1).asks(0).replace(b"old 0", b"old -1"),
    "another digit": GrowingLog().grow(1).asks(0).replace(b"old 0", "old \u0661".encode()),
    "two spaces": GrowingLog().grow(1).asks(0).replace(b"old 0", b"old  0"),
    "CRLF": GrowingLog().grow(1).asks(0).replace(b"old 0\n", b"old 0\r\n"),
    "64 hashes": request(0, (bytes(32),) * 64, GrowingLog().grow(1).checkpoint()),
    "a short hash": request(0, (bytes(31),), GrowingLog().grow(1).checkpoint()),
    "no base64": GrowingLog().grow(1).asks(0).replace(b"old 0\n", b"old 0\n!!!\n"),
    "other spelling": request(0, (bytes(32),), GrowingLog().grow(1).checkpoint()).replace(b"AAA=", b"AAB="),
    "cut": GrowingLog().grow(1).asks(0)[:-1],
    "too many signatures": GrowingLog().grow(1).asks(0) + "\u2014 x AAAAAAAA\n".encode() * 64,
    "too large": GrowingLog().grow(1).asks(0) + b"x" * (1 << 17),
}


@pytest.mark.parametrize("what", BAD)
def test_a_request_in_another_form_is_malformed(tmp_path: Path, what: str) -> None:
    assert witness(tmp_path).add(BAD[what]).status is Status.MALFORMED


def test_a_signed_body_with_more_lines_is_no_checkpoint_here(tmp_path: Path) -> None:
    body = format_body(parse_body(split_note(GrowingLog().grow(1).checkpoint())[0])) + "extension\n"
    signed = assemble(body, (signature_line(KEY.public, ed25519.sign(bytes(range(32)), body.encode())),))
    assert witness(tmp_path).add(request(0, (), signed)).status is Status.MALFORMED


def test_no_changed_byte_of_a_request_gets_anything_cosigned_that_was_not_signed(tmp_path: Path) -> None:
    log, seen = GrowingLog().grow(40), GrowingLog().grow(40).checkpoint()
    for at in range(len(body := log.asks(0))):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        here = witness(tmp_path / str(at % 3))
        answer = here.add(changed)
        if answer.status is Status.COSIGNED:
            assert cosigned_at(split_note(seen)[0], (answer.text,), here.key.public) is not None


def test_a_signature_that_comes_twice_counts_for_nothing(tmp_path: Path) -> None:
    note = GrowingLog().grow(3).checkpoint()
    twice = note + split_note(note)[1][0] + "\n"
    assert witness(tmp_path).add(request(0, (), twice)).status is Status.NOT_SIGNED


def test_signatures_of_strangers_are_not_kept(tmp_path: Path) -> None:
    note = GrowingLog().grow(3).checkpoint()
    witness(tmp_path).add(request(0, (), note + "\u2014 stranger AAAAAAAA\n"))
    assert "stranger" not in WitnessFolder(tmp_path).logs()[0].head()


def test_two_heads_of_one_size_are_both_kept_and_the_log_is_refused_for_ever(tmp_path: Path) -> None:
    log = GrowingLog().grow(20)
    fork = log.fork(10).grow(10, "other")
    here = witness(tmp_path)
    here.add(log.asks(0))
    assert here.add(fork.asks(20)).status is Status.CONFLICT
    for now in (here, witness(tmp_path), witness(tmp_path)):
        (alarm,) = now.alarms()
        assert alarm.origin == KEY.public.name
        assert set(alarm.evidence) == {log.checkpoint(), fork.checkpoint()}
        assert now.add(log.asks(20)).status is Status.CONFLICT
        assert now.add(log.fork(20).grow(5).asks(20)).status is Status.CONFLICT


def test_the_fork_is_found_whatever_old_size_comes_with_it(tmp_path: Path) -> None:
    for old in (0, 10, 20):
        here = witness(tmp_path / str(old))
        log = GrowingLog().grow(20)
        here.add(log.asks(0))
        fork = log.fork(10).grow(10, "other")
        assert here.add(request(old, (), fork.checkpoint())).status is Status.CONFLICT
        assert len(here.alarms()[0].evidence) == 2


def test_evidence_is_whole_after_an_end_between_its_two_files(tmp_path: Path) -> None:
    log = GrowingLog().grow(20)
    fork = log.fork(10).grow(10, "other")
    witness(tmp_path).add(log.asks(0))
    WitnessFolder(tmp_path).logs()[0].keep_evidence(fork.checkpoint())
    assert set(witness(tmp_path).alarms()[0].evidence) == {log.checkpoint(), fork.checkpoint()}


def test_one_log_that_forked_leaves_the_others_alone(tmp_path: Path) -> None:
    from spe.crypto.signing import SigningKey, StatementKind

    second = SigningKey(StatementKind.CHECKPOINT, "second.example", bytes(32))
    made(tmp_path, KEY, second)
    here = witness(tmp_path)
    here.add(GrowingLog().grow(5).asks(0))
    here.add(GrowingLog().grow(5, "other").asks(0))
    assert len(here.alarms()) == 1
    assert here.add(GrowingLog(key=second).grow(5).asks(0)).status is Status.COSIGNED


def test_times_never_go_back_and_a_second_has_one_cosignature(tmp_path: Path) -> None:
    time, log = Hand(), GrowingLog().grow(20)
    here = witness(tmp_path, time)
    first = here.add(log.asks(0, 10))
    assert here.add(log.asks(10, 10)) == first
    time.at -= 86_400
    assert here.add(log.asks(10, 10)) == first
    assert time_of(here.add(log.asks(10, 20)), log, 20, here.key.public) == Hand().at
    again = Witness.of(WitnessFolder(tmp_path), lambda: 0)
    assert time_of(again.add(log.asks(20, 20)), log, 20, here.key.public) == Hand().at
    time.at += 90_000
    assert time_of(here.add(log.asks(20, 20)), log, 20, here.key.public) == time.at


def test_what_was_cosigned_is_known_after_a_restart(tmp_path: Path) -> None:
    log = GrowingLog().grow(20)
    witness(tmp_path).add(log.asks(0, 10))
    assert witness(tmp_path).add(log.asks(0, 20)) == Answer(Status.CONFLICT, "10\n", is_size=True)


def test_what_could_not_be_kept_is_not_cosigned_and_nothing_is_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = GrowingLog().grow(20)
    here = witness(tmp_path)
    here.add(log.asks(0, 10))
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(Unreachable):
            here.add(log.asks(10))
    with pytest.raises(Unreachable):
        here.add(log.asks(10))
    assert witness(tmp_path).add(log.asks(10)).status is Status.COSIGNED


def test_evidence_that_could_not_be_kept_still_refuses_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = GrowingLog().grow(20)
    here = witness(tmp_path)
    here.add(log.asks(0))
    monkeypatch.setattr(folders, "write_new", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(Unreachable):
        here.add(log.fork(10).grow(10, "other").asks(20))
    with pytest.raises(Unreachable):
        here.add(log.asks(20))


def test_of_calls_at_once_each_sees_what_the_one_before_left(tmp_path: Path) -> None:
    for race in range(50):
        here, log = witness(tmp_path / str(race)), GrowingLog().grow(40)
        here.add(log.asks(0, 10))
        fork = log.fork(12).grow(20, "other")
        bodies = [log.asks(10, 20), fork.asks(10, 30), log.asks(10, 40), fork.asks(10, 20)]
        together = threading.Barrier(len(bodies))

        def ask(body: bytes, here: Witness = here, together: threading.Barrier = together) -> Answer:
            together.wait()
            return here.add(body)

        with ThreadPoolExecutor(len(bodies)) as pool:
            answers = list(pool.map(ask, bodies))
        assert [one.status for one in answers].count(Status.COSIGNED) == 1
