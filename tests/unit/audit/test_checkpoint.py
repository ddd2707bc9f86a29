"""Checkpoints as signed notes: exact form, exact signer, exact log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.audit.checkpoint import Checkpoint, format_body, open_checkpoint, parse_body, sign_checkpoint
from spe.audit.merkle import EMPTY_ROOT
from spe.crypto import ed25519
from spe.crypto.note import assemble, signature_line
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import IntegrityFailure, Malformed, SpeError

KEY = SigningKey(StatementKind.CHECKPOINT, "spe.example", bytes(range(32)))
ORIGIN = "spe.example/checkpoint"
CHECKPOINT = Checkpoint(ORIGIN, 20, bytes(range(32)))


def test_the_body_is_origin_size_and_root() -> None:
    body = "spe.example/checkpoint\n20\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert format_body(CHECKPOINT) == body
    assert parse_body(body) == CHECKPOINT


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_opens_to_itself(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(sign_checkpoint(checkpoint, KEY), KEY.public) == checkpoint


def test_an_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert open_checkpoint(sign_checkpoint(empty, KEY), KEY.public) == empty


@pytest.mark.parametrize(
    "body",
    [
        "",
        "o\n1\n",
        "o\n01\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n\u0661\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n9223372036854775808\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n0\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "o\n1\nAAEC\n",
        "\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nmore\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ],
)
def test_other_bodies_are_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        parse_body(body)


@given(st.text(max_size=60))
def test_any_text_is_a_note_or_an_integrity_failure(text: str) -> None:
    with pytest.raises(IntegrityFailure):
        open_checkpoint(text, KEY.public)


def test_every_changed_character_is_found() -> None:
    note = sign_checkpoint(CHECKPOINT, KEY)
    for at in range(len(note)):
        for character in ("A" if note[at] != "A" else "B", "\n", ""):
            altered = note[:at] + character + note[at + 1 :]
            if altered != note:
                with pytest.raises(SpeError):
                    open_checkpoint(altered, KEY.public)


def test_signatures_of_others_beside_the_logs_own_are_passed_over() -> None:
    witness = "\u2014 witness.example/w " + "AAAA" * 20 + "\n"
    note = sign_checkpoint(CHECKPOINT, KEY)
    assert open_checkpoint(note + witness, KEY.public) == CHECKPOINT
    with pytest.raises(IntegrityFailure, match="not signed by"):
        open_checkpoint(f"{format_body(CHECKPOINT)}\n{witness}", KEY.public)
    with pytest.raises(IntegrityFailure):
        open_checkpoint(note + note.split("\n\n")[1], KEY.public)


def test_only_the_checkpoint_key_of_the_log_signs() -> None:
    other = SigningKey(StatementKind.CHECKPOINT, "another.example", bytes(32))
    permit = SigningKey(StatementKind.PERMIT, "spe.example", bytes(32))
    for key in (other, permit):
        with pytest.raises(Malformed):
            sign_checkpoint(CHECKPOINT, key)
    same_name = SigningKey(StatementKind.CHECKPOINT, "spe.example", bytes(32))
    with pytest.raises(IntegrityFailure):
        open_checkpoint(sign_checkpoint(CHECKPOINT, KEY), same_name.public)


def test_a_checkpoint_of_another_log_is_refused_although_the_key_signed_it() -> None:
    text = format_body(Checkpoint("another.example/checkpoint", 20, bytes(range(32))))
    line = signature_line(KEY.public, ed25519.sign(bytes(range(32)), text.encode()))
    with pytest.raises(Malformed, match="another log"):
        open_checkpoint(assemble(text, (line,)), KEY.public)
