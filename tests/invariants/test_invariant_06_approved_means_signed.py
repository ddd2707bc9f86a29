"""Approved means signed: every byte of what runs is under the digest that was approved, and looked at again at admission."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from spe.audit.events import StaffRef
from spe.catalogue.model import Dataset
from spe.code import rules
from spe.code.model import Code, CodeStatus
from spe.code.office import statement
from spe.code.place import object_name
from spe.code.upload import Ground, Upload, digest, make_manifest
from spe.crypto import ed25519
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import sign
from spe.policy.enforce import Enforcer
from spe.run import admission as admitting
from spe.run.admission import Admission
from spe.run.model import Run, RunKind
from spe.values import from_data
from spe.workspace.sandbox import python_argv
from tests.builders import THERAPY_TABLE, patients, project
from tests.fakes import FakePoint, FixedClock, MemoryStore

GROUND = Ground("r" * 64, "s" * 64, python_argv, (("LANG", "C.UTF-8"),), ("/job/code",))


@dataclass(slots=True)
class Folder:
    """A vault that seals nothing."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, _scope: str, chunks: Iterable[bytes]) -> str:
        self.files[name] = b"".join(chunks)
        return ""

    def open(self, name: str, _scope: str) -> Iterator[bytes]:
        yield self.files[name]

    def remove(self, name: str) -> None:
        del self.files[name]


def approved() -> tuple[Code, SigningKey, Folder]:
    """Return code as two people approved it and the worker signed it, with its sealed source."""
    upload = from_data(Upload, project(THERAPY_TABLE))
    variables = from_data(Dataset, patients(size=1).entry()).variables
    manifest = make_manifest(upload, GROUND, variables)
    code = Code(
        id="co-1", permit="pm-1", by=StaffRef("rosa"), title="t", manifest=manifest, digest=digest(manifest),
        status=CodeStatus.APPROVED,
    )  # fmt: skip
    key = SigningKey(StatementKind.APPROVAL, "spe.test", ed25519.generate())
    signed = sign(key, statement(code, 1))
    vault = Folder({object_name("co-1", "main.py"): upload.files[0].content.encode()})
    return replace(code, statement=signed.statement, signature=signed.signature), key, vault


def holds() -> None:
    """Change one thing at a time of what would run: source, manifest, ground, signature, signer."""
    code, key, vault = approved()
    run = Run(
        id="rn-1", permit="pm-1", site="s", kind=RunKind.REAL, code="co-1", digest=code.digest, by=code.by,
        parameters=(), queued=1,
    )  # fmt: skip
    pep = Enforcer(MemoryStore(), FakePoint(), MemoryStore(), FixedClock())

    def admits(code: Code = code, vault: Folder = vault, **changed: str) -> bool:
        ground = {"runtime": GROUND.runtime, "sandbox": GROUND.sandbox, **changed}
        return Admission(pep, vault, key.public, **ground)._is_intact(run, code)

    assert admits(), "code as it was approved is refused"
    name, source = next(iter(vault.files.items()))
    assert not admits(vault=Folder({name: source + b"\n"})), "source with another byte is admitted"
    assert not admits(runtime="x" * 64), "another runtime is admitted"
    assert not admits(sandbox="x" * 64), "another sandbox profile is admitted"
    for changes in _MANIFESTS:
        other = replace(code.manifest, **changes)
        assert not admits(replace(code, manifest=other)), f"another {next(iter(changes))} is admitted"
        assert digest(other) != code.digest, f"{next(iter(changes))} is not under the digest"
    stranger = SigningKey(StatementKind.APPROVAL, "spe.test", ed25519.generate())
    forged = sign(stranger, statement(code, 1))
    assert not admits(replace(code, statement=forged.statement, signature=forged.signature)), (
        "a stranger's signature is admitted"
    )
    assert not admits(replace(code, statement="", signature="")), "unsigned code is admitted"


_MANIFESTS: tuple[Mapping[str, Any], ...] = (
    {"argv": ("/usr/bin/python3", "main.py")},
    {"environment": (("LANG", "C.UTF-8"), ("X", "1"))},
    {"import_path": ("/job/data",)},
    {"runtime": "x" * 64},
    {"sandbox": "x" * 64},
    {"parameters": ()},
    {"layouts": ()},
    {"files": ()},
)


def test_what_was_not_approved_byte_for_byte_is_not_admitted() -> None:
    holds()


def _skip_source(patch: pytest.MonkeyPatch) -> None:
    """Admission does not look at the sealed bytes again."""
    patch.setattr(admitting, "intact", lambda *_: True)


def _believe_status(patch: pytest.MonkeyPatch) -> None:
    """Admission believes the record's status and does not verify the signature."""
    patch.setattr(admitting, "signed", lambda code, _key: code.status is CodeStatus.APPROVED)


def _believe_digest(patch: pytest.MonkeyPatch) -> None:
    """The digest that is stored with a manifest is taken for its digest."""
    patch.setattr(rules, "digest", lambda _manifest: approved()[0].digest)


@pytest.mark.parametrize("broken", [_skip_source, _believe_status, _believe_digest])
def test_it_is_seen_when(
    monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match="admitted"):
        holds()
