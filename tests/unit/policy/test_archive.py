from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.policy_signing import make_key, signer
from spe.errors import Conflict, Unreachable
from spe.policy.archive import archive
from spe.policy.bundle import Bundle, build

SOURCES = {
    "spe/a/a.rego": b"package spe.a\n",
    "spe/tables/n/data.json": b'{ "most": 3, "also": ["\xc3\xa8"] }',
}


@pytest.fixture
def bundle() -> Bundle:
    return build(SOURCES, QUESTIONS)


def files(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


def test_it_holds_rules_tables_and_its_revision_and_is_the_same_every_time(bundle: Bundle) -> None:
    made = files(archive(bundle, None))
    assert sorted(made) == [
        ".manifest", "data.json", "spe/a/a.rego", "spe/each/each.rego", "spe/shape/shape.rego",
    ]  # fmt: skip
    assert json.loads(made[".manifest"])["revision"] == bundle.digest
    assert json.loads(made["data.json"])["spe"]["bundle"]["digest"] == bundle.digest
    assert archive(bundle, None) == archive(build(dict(reversed(SOURCES.items())), QUESTIONS), None)


def test_the_signature_is_over_every_file_and_for_policies_only(bundle: Bundle, tmp_path: Path) -> None:
    make_key(tmp_path / "k", tmp_path / "p")
    made = files(archive(bundle, signer(tmp_path / "k")))
    (token,) = json.loads(made.pop(".signatures.json"))["signatures"]
    public = ECKey.import_key((tmp_path / "p").read_bytes())
    claims: Mapping[str, Any] = jwt.decode(token, public, algorithms=["ES256"]).claims
    assert claims["scope"] == "spe"
    told = {file["name"]: file["hash"] for file in claims["files"]}
    assert set(told) == set(made)
    assert told["spe/a/a.rego"] == sha256(made["spe/a/a.rego"]).hexdigest()
    table = json.dumps(
        json.loads(made["data.json"]), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert told["data.json"] == sha256(table.encode()).hexdigest()
    make_key(tmp_path / "other", tmp_path / "other.pub")
    with pytest.raises(JoseError):
        jwt.decode(token, ECKey.import_key((tmp_path / "other.pub").read_bytes()), algorithms=["ES256"])


def test_a_key_is_its_owners_only_and_never_written_over(tmp_path: Path) -> None:
    make_key(tmp_path / "k", tmp_path / "p")
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in (tmp_path / "p").read_bytes()
    with pytest.raises(Conflict):
        make_key(tmp_path / "k", tmp_path / "q")
    (tmp_path / "k").chmod(0o644)
    with pytest.raises(Unreachable, match="readable by others"):
        signer(tmp_path / "k")


def test_another_kind_of_key_signs_nothing(tmp_path: Path) -> None:
    make_key(tmp_path / "k", tmp_path / "public")
    (tmp_path / "public").chmod(0o600)
    for name, data in {
        "rsa": RSAKey.generate_key(2048, private=True).as_pem(True),
        "curve": ECKey.generate_key("P-384", private=True).as_pem(True),
        "junk": b"junk",
    }.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    for name in ("rsa", "curve", "junk", "public", "missing"):
        with pytest.raises(Unreachable):
            signer(tmp_path / name)
