"""The embedded policy engine: regopy (rego-cpp) on a bundle that is compiled once per digest."""

from __future__ import annotations

import ctypes
import json
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

# regopy's library brings a C++ runtime of its own, with its own allocator. Where the system's isn't there before it, what
# is loaded later (TenSEAL) is bound to a mix of both, and the process aborts.
with suppress(OSError):
    ctypes.CDLL("libstdc++.so.6")

from regopy import BundleFormat, Interpreter, RegoError, rego_version

from spe.errors import Unreachable
from spe.policy.bundle import ENTRYPOINT, Bundle

__all__ = ["EngineMaker", "Interpreter", "RegopyEngine", "compiled", "escaped"]


def compiled(bundle: Bundle, cache: Path) -> Path:
    """Return the compiled form of `bundle` in the folder `cache`, making it if it isn't there.

    Who can write to `cache` decides what is allowed, so the folder is closed to others. `Unreachable`: the bundle
    does not compile, or the folder can't be written.
    """
    version = "".join(
        letter
        for letter in str(rego_version()).split(" ", maxsplit=1)[0]
        if letter.isalnum() or letter == "."
    )
    path = cache / f"{bundle.digest}-{version}.rbb"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.is_file():
            _write(_compile(bundle), path)
    except OSError as cause:
        raise Unreachable(f"the compiled policies can't be kept: {cause.strerror}") from cause
    return path


def _compile(bundle: Bundle) -> tuple[Interpreter, Any]:
    interpreter = Interpreter()
    try:
        interpreter.add_data_json(json.dumps(bundle.data(), ensure_ascii=False))
        for name, text in bundle.modules().items():
            interpreter.add_module(name, text)
        made = interpreter.build(None, [ENTRYPOINT])
    except (RegoError, RuntimeError) as cause:
        raise Unreachable(f"the policy bundle does not compile: {cause}") from cause
    if not made.ok():
        raise Unreachable("the policy bundle does not compile")
    return interpreter, made


def _write(made: tuple[Interpreter, Any], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder) / "bundle"
        interpreter, compiled_bundle = made
        interpreter.save_bundle(str(unfinished), compiled_bundle, BundleFormat.Binary)
        unfinished.chmod(0o600)
        unfinished.replace(path)


class RegopyEngine:
    """One interpreter with its own copy of the compiled bundle; asked by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._interpreter = Interpreter()
        try:
            self._bundle = self._interpreter.load_bundle(str(path), BundleFormat.Binary)
        except (RegoError, RuntimeError) as cause:
            raise Unreachable("the compiled policies can't be loaded") from cause
        if not self._bundle.ok():
            raise Unreachable("the compiled policies can't be loaded")

    def ask(self, document: Mapping[str, Any]) -> bytes:
        """Return the raw answer at the entrypoint: one JSON value, or nothing where it is undefined or an error."""
        self._interpreter.set_input(escaped(document))
        output = self._interpreter.query_bundle_entrypoint(self._bundle, ENTRYPOINT)
        return only_expression(str(output)) if output.ok() else b""


class EngineMaker:
    """Makes engines on one compiled bundle; without a `cache` it is compiled for this process only."""

    def __init__(self, bundle: Bundle, cache: Path | None = None) -> None:
        folder = cache or Path(tempfile.mkdtemp(prefix="spe-policy-"))
        if cache is None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._path = compiled(bundle, folder)

    def make(self) -> RegopyEngine:
        """Return a new engine."""
        return RegopyEngine(self._path)


def escaped(value: Any) -> Any:
    """Return `value` with each text as the inside of a JSON string.

    regopy keeps texts as JSON source and writes them into its answers as they are: unescaped, a quotation mark in
    a question would let its author write the answer, and a NUL would cut a text short.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if isinstance(value, Mapping):
        return {escaped(name): escaped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return value


def only_expression(text: str) -> bytes:
    """Return what is between the fixed frame `{"expressions":[` and `]}`; anything else is nothing."""
    start, end = '{"expressions":[', "]}"
    stripped = text.strip()
    if not (stripped.startswith(start) and stripped.endswith(end)):
        return b""
    return stripped[len(start) : -len(end)].encode("utf-8", "surrogatepass")
