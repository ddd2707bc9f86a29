"""A project as it is uploaded, and the manifest that is made of it: what approval is about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from spe.catalogue.variables import Variable
from spe.code.layout import Layout, fields, to_json
from spe.code.layout_check import check_layout
from spe.code.layout_parse import parse_layouts
from spe.code.model import Manifest, Parameter, SourceFile
from spe.code.parameters import check_parameters
from spe.crypto import canonical
from spe.errors import Malformed
from spe.values import to_data

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,7}")
_REFUSED = (".pyc", ".pyo", ".so", ".pth", ".egg", ".whl", ".zip", ".pkl", ".pickle", ".joblib")
_MOST_FILES = 200
_LARGEST_PROJECT = 2 << 20
_RESERVED = frozenset({"support.json", "release.json", "release.sig", "methods.json", "data-dictionary.csv"})


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file of a project, as text: projects carry source, not binaries."""

    path: str
    content: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A project: its source, where it starts, what it takes and what it will write."""

    title: str
    entry: str
    files: tuple[UploadedFile, ...]
    parameters: tuple[Parameter, ...]
    outputs: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What every run stands on here: runtime and sandbox profile by digest, and the argv that starts an entry point."""

    runtime: str
    sandbox: str
    start: Callable[[str], tuple[str, ...]]
    environment: tuple[tuple[str, str], ...]
    import_path: tuple[str, ...]


def make_manifest(upload: Upload, ground: Ground, variables: tuple[Variable, ...]) -> Manifest:
    """Return the manifest of an upload; raise `Malformed` naming what can't be approved as it is.

    `variables` is the codebook that the permit's sites share: layouts may use nothing else.
    """
    check_files(upload)
    check_parameters(upload.parameters)
    layouts = parse_layouts(upload.outputs)
    _check_layouts(layouts, variables)
    return Manifest(
        files=tuple(sorted((_source(file) for file in upload.files), key=lambda file: file.path)),
        entry=upload.entry,
        argv=ground.start(upload.entry),
        environment=ground.environment,
        import_path=ground.import_path,
        runtime=ground.runtime,
        sandbox=ground.sandbox,
        parameters=upload.parameters,
        layouts=tuple(to_json(layout) for layout in layouts),
        fields=tuple(sorted({name for layout in layouts for name in fields(layout)})),
    )


def digest(manifest: Manifest) -> str:
    """Return the SHA-256 of the canonical manifest: what approvers approve and runs are admitted by."""
    return hashlib.sha256(canonical.encode(to_data(manifest))).hexdigest()


def check_files(upload: Upload) -> None:
    """Raise `Malformed` unless every file is plain source under a plain relative path."""
    paths = [file.path for file in upload.files]
    if not 0 < len(paths) <= _MOST_FILES or len({path.casefold() for path in paths}) != len(paths):
        raise Malformed(f"files: between 1 and {_MOST_FILES}, no two whose paths differ only in case")
    for path in paths:
        if not _PATH.fullmatch(path) or path.endswith(_REFUSED) or "__pycache__" in path:
            raise Malformed(f"files: {path[:100]!r} is no plain source path")
    if sum(len(file.content.encode()) for file in upload.files) > _LARGEST_PROJECT:
        raise Malformed("files: a project has at most 2 MiB of source")
    if upload.entry not in paths or not upload.entry.endswith(".py"):
        raise Malformed("entry: must name one of the project's Python files")


def _check_layouts(layouts: tuple[Layout, ...], variables: tuple[Variable, ...]) -> None:
    for layout in layouts:
        if layout.file in _RESERVED:
            raise Malformed(f"outputs.{layout.name}.file: this name is taken")
        for problem in check_layout(layout, variables):
            detail = ", ".join(f"{name} {value}" for name, value in problem.params)
            raise Malformed(f"outputs.{problem.path}: {problem.code.replace('_', ' ')} ({detail})")


def _source(file: UploadedFile) -> SourceFile:
    content = file.content.encode()
    mode = 0o555 if file.executable else 0o444
    return SourceFile(file.path, mode, hashlib.sha256(content).hexdigest(), len(content))
