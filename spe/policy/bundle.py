"""The policy bundle: rules, tables and the shapes of the questions, under one digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from spe.crypto import canonical
from spe.errors import Malformed
from spe.policy.shapes import Questions, rego

ENTRYPOINT = "spe/main/decision"
SHAPE_MODULE = "spe/shape/shape.rego"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What an engine loads; `files` maps paths under `policies/` to their bytes, tests are not among them."""

    files: Mapping[str, bytes]
    digest: str

    def modules(self) -> dict[str, str]:
        """Return the Rego modules by path."""
        return {path: _text(path, self.files[path]) for path in sorted(self.files) if path.endswith(".rego")}

    def data(self) -> dict[str, Any]:
        """Return the tables, each under its folder's path as OPA would have it, and the bundle's own digest."""
        data: dict[str, Any] = {}
        for path in sorted(self.files):
            if path.endswith("/data.json"):
                _put(data, path.split("/")[:-1], _table(path, self.files[path]))
        _put(data, ["spe", "bundle"], {"digest": self.digest})
        return data


def build(sources: Mapping[str, bytes], questions: Questions) -> Bundle:
    """Return the bundle of `sources` (path under `policies/` to bytes) for `questions`; `Malformed` for a bad file.

    The digest is the SHA-256 of the canonical listing `{"files": {path: sha256}, "version": 1}`.
    """
    files = {path: data for path, data in sources.items() if is_part(path)}
    if SHAPE_MODULE in files:
        raise Malformed(f"{SHAPE_MODULE} is written when the bundle is built")
    files[SHAPE_MODULE] = rego(questions).encode()
    listing = {"version": 1, "files": {path: sha256(data).hexdigest() for path, data in files.items()}}
    bundle = Bundle(files, sha256(canonical.encode(listing)).hexdigest())
    bundle.modules(), bundle.data()
    return bundle


def is_part(path: str) -> bool:
    """Say whether a file of `policies/` goes into the bundle: rules and tables do, tests and texts don't."""
    return path.endswith("/data.json") or (path.endswith(".rego") and not path.endswith("_test.rego"))


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(f"{path} is not UTF-8") from None


def _table(path: str, data: bytes) -> Any:
    try:
        return json.loads(_text(path, data), object_pairs_hook=_members)
    except json.JSONDecodeError as cause:
        raise Malformed(f"{path} is not JSON: {cause.msg} in line {cause.lineno}") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("a name occurs twice in a table")
    return members


def _put(data: dict[str, Any], path: list[str], value: Any) -> None:
    *folders, last = path
    for folder in folders:
        data = data.setdefault(folder, {})
    if last in data:
        raise Malformed(f"two tables claim {'/'.join(path)}")
    data[last] = value
