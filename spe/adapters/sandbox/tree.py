"""Putting a runtime's tree together: what is copied from where, what is left out, and in which form."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spe.adapters.sandbox.libraries import closure
from spe.errors import Unreachable

_BUILDER = "2"  # raise when what this file makes of the same environment changes
_ASK = (
    "import json,sys,sysconfig;p=sysconfig.get_paths();"
    "print(json.dumps([p['stdlib'],p['purelib'],'%d.%d'%sys.version_info[:2],sys._base_executable]))"
)
_NOT_IN_STDLIB = {
    "test",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
    "site-packages",
    "dist-packages",
    "venv",
}
_NOT_IN_PACKAGES = {"pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel"}
_NOT_ANYWHERE = {"__pycache__", "tests"}
_NOT_ENDINGS = (".pyc", ".pyi", ".pth", ".a", ".h", ".hpp", ".pxd", ".pyx", ".c", ".cpp", ".egg-link")
_NOT_MODULES = (
    "_tkinter",
    "_tkagg",
    "_imagingtk",
    "_curses",
    "readline.",
    "nis.",
    "_test",
    "_xxtest",
    "xxlimited",
)
_KEPT_TESTS = ("numpy/_core/tests", "numpy/testing/tests")
_PLACES = ("job", "outputs", "tmp", "dev/shm")
_DEVICES = ("dev/null", "dev/zero", "dev/random", "dev/urandom")
_SAFE = {"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True, slots=True)
class Source:
    """An environment on the host: `key` changes with the builder, the interpreter and what is installed."""

    interpreter: Path
    stdlib: Path
    packages: Path | None
    version: str
    key: str


def describe(venv_python: Path, *, packages: bool) -> Source:
    """Ask an environment's Python where its parts are; raises `Unreachable` if it doesn't run."""
    try:
        done = subprocess.run(
            [os.fspath(venv_python), "-I", "-c", _ASK], capture_output=True, text=True, timeout=60, check=True
        )
        stdlib, folder, version, executable = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as cause:
        raise Unreachable(f"the analysis environment's Python {venv_python} does not run: {cause}") from None
    interpreter = Path(executable).resolve()
    found = interpreter.stat()
    facts = [_BUILDER, os.fspath(interpreter), found.st_size, found.st_mtime_ns, folder if packages else None]
    if packages:
        facts += sorted(
            (name, os.stat(os.path.join(folder, name)).st_mtime_ns) for name in os.listdir(folder)
        )
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    return Source(interpreter, Path(stdlib), Path(folder) if packages else None, version, key)


def assemble(source: Source, root: Path, say: Callable[[str], None]) -> None:
    """Make the tree of `source` at `root`, folders 0555, files 0444, programs 0555."""
    library = root / "usr/lib" / f"python{source.version}"
    say("copying interpreter, standard library and packages")
    _copy_tree(source.stdlib, library, _NOT_IN_STDLIB)
    if source.packages is not None:
        _copy_tree(source.packages, library / "site-packages", _NOT_IN_PACKAGES)
    _copy(source.interpreter, root / "usr/bin/python3")
    say("finding shared libraries")
    _copy_libraries(source, root)
    _make_places(root)
    say("compiling")
    _compile(root, library, source.interpreter)
    _close(root)


def _copy_tree(source: Path, target: Path, left_out: set[str]) -> None:
    for folder, folders, files in os.walk(source):
        here = os.path.relpath(folder, source)
        top = here == "."
        folders[:] = sorted(
            name for name in folders if _wanted(os.path.join(here, name), name, left_out if top else set())
        )
        for name in sorted(files):
            if not name.endswith(_NOT_ENDINGS) and not (
                name.endswith(".so") and name.startswith(_NOT_MODULES)
            ):
                _copy(Path(folder, name), target / here / name)


def _wanted(path: str, name: str, left_out: set[str]) -> bool:
    if name in left_out or name.startswith("config-"):
        return False
    if name.endswith(".dist-info") and name.split("-", maxsplit=1)[0] in _NOT_IN_PACKAGES:
        return False
    return name not in _NOT_ANYWHERE or os.path.normpath(path) in _KEPT_TESTS


def _copy(source: Path, target: Path) -> None:
    """Copy contents only: a link becomes the file that it points to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source.resolve(), target)


def _copy_libraries(source: Source, root: Path) -> None:
    programs = [root / "usr/bin/python3", *_shared_objects(root)]
    os.chmod(programs[0], 0o755)
    found, loader = closure([source.interpreter, *programs[1:]])
    own = {path.name for path in programs}
    beside_libc = found["libc.so.6"].parent
    for name, path in found.items():
        if name not in own:
            _copy(path, root / beside_libc.relative_to("/") / name)
    _copy(loader, root / loader.relative_to("/"))
    os.chmod(root / loader.relative_to("/"), 0o755)


def _shared_objects(root: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(root):
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".so") or ".so." in name)


def _make_places(root: Path) -> None:
    for name in _PLACES:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in _DEVICES:
        (root / name).touch()


def _compile(root: Path, library: Path, interpreter: Path) -> None:
    """Compile as the sandbox will see it: paths without this machine's prefix, never compared with source times."""
    line = [
        os.fspath(interpreter),
        "-s",
        "-S",
        "-m",
        "compileall",
        "-q",
        "--invalidation-mode",
        "unchecked-hash",
    ]
    line += ["-s", os.fspath(root), "-p", "/", os.fspath(library)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=900, env=_SAFE, check=False)
    if done.returncode not in (0, 1):  # 1: packages carry files for other Pythons, which stay uncompiled
        raise Unreachable(f"the runtime can't be compiled: {done.stderr[-400:]}")


def _close(root: Path) -> None:
    programs = {
        root / "usr/bin/python3",
        *(path for path in root.rglob("ld-*") if path.parent.name.startswith("lib")),
    }
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            path = Path(folder, name)
            os.chmod(path, 0o555 if path in programs else 0o444)
        os.chmod(folder, 0o555)
