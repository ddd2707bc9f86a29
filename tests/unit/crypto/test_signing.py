"""Signatures: one key per kind, the kind inside the signed bytes, key files that only their owner reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto import canonical, ed25519
from spe.crypto.key_folder import KeyFolder, read_public_key
from spe.crypto.note import PublicKey, decode_base64, open_note, parse_public_key
from spe.crypto.signing import INSTALLATION, Signature, SigningKey, StatementKind, parse_signature, verify
from spe.errors import IntegrityFailure, Malformed, SpeError, Unreachable

PERMIT = SigningKey(StatementKind.PERMIT, "spe.example", bytes(range(32)))
STATEMENT = canonical.encode({"kind": "permit", "id": "dp-1", "days": 30})
JSON_KINDS = [kind for kind in StatementKind if kind is not StatementKind.CHECKPOINT]


def test_rfc_8032_gives_the_known_signature() -> None:
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert ed25519.public_of(secret) == public
    assert ed25519.sign(secret, b"") == signature
    assert ed25519.verifies(public, signature, b"")
    assert not ed25519.verifies(public, signature, b"x")
    assert not ed25519.verifies(public[:5], signature, b"")
    assert not ed25519.verifies(public, signature[:5], b"")


def test_a_signed_statement_verifies_and_gives_its_fields() -> None:
    fields = verify(STATEMENT, PERMIT.sign(STATEMENT), PERMIT.public, StatementKind.PERMIT)
    assert fields == {"kind": "permit", "id": "dp-1", "days": 30}


@given(st.integers(0, len(STATEMENT) * 8 - 1))
def test_every_flipped_bit_of_the_statement_is_found(bit: int) -> None:
    altered = bytearray(STATEMENT)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(IntegrityFailure):
        verify(bytes(altered), PERMIT.sign(STATEMENT), PERMIT.public, StatementKind.PERMIT)


def test_every_changed_byte_of_the_signature_file_is_found() -> None:
    data = PERMIT.sign(STATEMENT).encode()
    for at in range(len(data)):
        for byte in (data[at] ^ 1, data[at] ^ 0x20, 0):
            altered = data[:at] + bytes([byte]) + data[at + 1 :]
            with pytest.raises(IntegrityFailure):
                verify(STATEMENT, parse_signature(altered), PERMIT.public, StatementKind.PERMIT)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_signature_file_or_an_integrity_failure(data: bytes) -> None:
    with pytest.raises(IntegrityFailure):
        parse_signature(data)


def test_the_signature_file_reads_back() -> None:
    signature = PERMIT.sign(STATEMENT)
    assert parse_signature(signature.encode()) == signature


@pytest.mark.parametrize("own", list(StatementKind))
@pytest.mark.parametrize("other", JSON_KINDS)
def test_a_key_signs_only_its_own_kind(own: StatementKind, other: StatementKind) -> None:
    key = SigningKey(own, "spe.example", ed25519.generate())
    statement = canonical.encode({"kind": other.value})
    if own is other:
        verify(statement, key.sign(statement), key.public, own)
    else:
        with pytest.raises(Malformed):
            key.sign(statement)


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"", b'{"kind": "permit"}', b'{"kind":"permit","kind":"permit"}']
)
def test_only_canonical_statements_are_signed(data: bytes) -> None:
    with pytest.raises(Malformed):
        PERMIT.sign(data)


def test_one_secret_used_for_two_kinds_still_makes_no_statement_of_the_other() -> None:
    secret = ed25519.generate()
    run = SigningKey(StatementKind.RUN, "spe.example", secret)
    permit = SigningKey(StatementKind.PERMIT, "spe.example", secret)
    statement = canonical.encode({"kind": "run"})
    forged = Signature(StatementKind.PERMIT, permit.public.key_id, run.sign(statement).value)
    with pytest.raises(IntegrityFailure, match="not a permit"):
        verify(statement, forged, permit.public, StatementKind.PERMIT)


def test_a_key_of_another_kind_or_owner_does_not_verify() -> None:
    run = SigningKey(StatementKind.RUN, "spe.example", bytes(32))
    stranger = SigningKey(StatementKind.PERMIT, "spe.example", bytes(32))
    for key, kind in [
        (run, StatementKind.PERMIT),
        (run, StatementKind.RUN),
        (stranger, StatementKind.PERMIT),
    ]:
        with pytest.raises(IntegrityFailure):
            verify(STATEMENT, PERMIT.sign(STATEMENT), key.public, kind)


def test_only_the_checkpoint_key_signs_notes_and_only_of_its_own_origin() -> None:
    key = SigningKey(StatementKind.CHECKPOINT, "spe.example", bytes(32))
    text = "spe.example/checkpoint\n1\nx\n"
    note = f"{text}\n{key.sign_note(text)}"
    assert open_note(note, key.public) == text
    with pytest.raises(Malformed):
        key.sign_note("another/checkpoint\n1\nx\n")
    with pytest.raises(Malformed):
        PERMIT.sign_note(text)


def test_the_verifier_key_has_the_published_form() -> None:
    # The example key of the Go module golang.org/x/mod/sumdb/note.
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    key = parse_public_key(text)
    assert key.text() == text
    assert open_note(note, key).startswith("If you think")
    for at in range(len(note)):
        with pytest.raises(IntegrityFailure):
            open_note(note[:at] + "z" + note[at + 1 :] if note[at] != "z" else note[:at], key)


@given(st.text(max_size=80))
def test_any_text_is_a_verifier_key_or_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_public_key(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u2003b"])
def test_a_key_name_has_no_spaces_and_no_plus(name: str) -> None:
    with pytest.raises(Malformed):
        PublicKey(name, bytes(32))


def test_the_folder_makes_keys_once_and_signs_with_them(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create_missing("spe.example")
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    folder.create_missing("another.example")
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert len({key.raw for key in folder.publics().values()}) == len(INSTALLATION)
    signer = folder.signer(StatementKind.PERMIT)
    verify(STATEMENT, signer.sign(STATEMENT), folder.public(StatementKind.PERMIT), StatementKind.PERMIT)
    assert signer.public == read_public_key(tmp_path / "keys" / "permit.pub")
    assert "permit" in repr(signer)
    assert (tmp_path / "keys" / "permit.key").stat().st_mode & 0o777 == 0o600


def test_a_lost_public_file_is_made_again_from_the_secret(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create_missing("spe.example")
    public = folder.public(StatementKind.RUN)
    (tmp_path / "keys" / "run.pub").unlink()
    folder.create_missing("another.example")
    assert folder.public(StatementKind.RUN) == public


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601])
def test_a_loosely_kept_key_is_refused(tmp_path: Path, mode: int) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create_missing("spe.example")
    (tmp_path / "keys" / "permit.key").chmod(mode)
    with pytest.raises(Unreachable, match="chmod 600"):
        folder.signer(StatementKind.PERMIT)


def test_keys_that_are_missing_links_or_special_are_refused(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create_missing("spe.example")
    (tmp_path / "keys" / "run.key").rename(tmp_path / "run.key")
    with pytest.raises(Unreachable):
        folder.signer(StatementKind.RUN)
    (tmp_path / "keys" / "run.key").symlink_to(tmp_path / "run.key")
    with pytest.raises(Unreachable):
        folder.signer(StatementKind.RUN)
    (tmp_path / "keys" / "run.key").unlink()
    os.mkfifo(tmp_path / "keys" / "run.key", 0o600)
    with pytest.raises(Unreachable):
        folder.signer(StatementKind.RUN)


def test_keys_swapped_between_kinds_are_refused(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create_missing("spe.example")
    for ending in ("key", "pub"):
        (tmp_path / "keys" / f"run.{ending}").replace(tmp_path / "keys" / f"permit.{ending}")
    with pytest.raises(IntegrityFailure):
        folder.signer(StatementKind.PERMIT)
    with pytest.raises(IntegrityFailure):
        folder.public(StatementKind.PERMIT)


def test_damaged_key_files_raise_our_errors(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create_missing("spe.example")
    for data in (
        b"",
        b"\xff",
        b"a b c d",
        b"spe-signing-key-1 permit o !!!!",
        b"spe-signing-key-1 permit o QQ==",
    ):
        for name in ("permit.key", "permit.pub"):
            (tmp_path / "keys" / name).write_bytes(data)
        with pytest.raises(SpeError):
            folder.signer(StatementKind.PERMIT)
        with pytest.raises(Malformed):
            folder.public(StatementKind.PERMIT)


def test_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    with pytest.raises(Unreachable, match="chmod 700"):
        KeyFolder(tmp_path / "keys").create_missing("spe.example")


@pytest.mark.parametrize("text", ["QR==", "QQ", "QQ=", "Q Q==", "QQ==\n", "Q-==", "\u00e9"])
def test_base64_has_one_spelling(text: str) -> None:
    assert decode_base64("QQ==") == b"A"
    with pytest.raises(Malformed):
        decode_base64(text)


def test_a_verifier_key_under_another_name_or_hash_is_malformed() -> None:
    text = PERMIT.public.text()
    for altered in (
        text.replace("spe.example", "spe.examples"),
        text.replace(PERMIT.public.key_id, "00000000"),
    ):
        with pytest.raises(Malformed, match="hash"):
            parse_public_key(altered)
