"""The runtime that a sandbox sees as its whole system: one tree of plain files, named by the digest over all of them.

It is mounted read-only as `/`: interpreter, standard library, the analysis packages, the shared libraries they need, empty
places for what is mounted over it. No link, no shell, no other program. Bytecode is compiled by this builder with unchecked
hashes and is part of the digest: without it `import pandas, lifelines` took 3.7 s on every run, with it 1.3 s (2 shared cores),
and nothing that a data user brings is ever compiled into the tree.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spe.adapters.sandbox import tree
from spe.errors import IntegrityFailure, Unreachable
from spe.workspace.sandbox import RuntimeRef

Progress = Callable[[str], None]
_LIST = "files.json"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A built runtime: the folder to mount, and the SHA-256 over (path, mode, SHA-256) of every file in it."""

    path: Path
    digest: str

    @property
    def ref(self) -> RuntimeRef:
        """Return the name by which a spec asks for it."""
        return RuntimeRef(self.digest)


def build_runtime(
    venv_python: Path, target_root: Path, say: Progress = lambda _: None, *, packages: bool = True
) -> Runtime:
    """Build, or find already built, the runtime of the environment behind `venv_python` in a folder of `target_root`.

    Without `packages` it holds the standard library only. The key is what the environment holds, so a changed environment is built anew. One builder at a time (a lock file); the
    tree appears by one rename. Raises `Unreachable` where the environment can't be read or closed.
    """
    target_root.mkdir(parents=True, exist_ok=True)
    source = tree.describe(venv_python, packages=packages)
    pointer = target_root / f"key-{source.key}"
    with _alone(target_root / "lock"):
        known = _read_pointer(pointer)
        if known is None:
            return _build(source, target_root, pointer, say)
    # Nobody else is kept waiting while all of it is hashed: a tree that was published is never written again.
    return load_runtime(target_root, known)


def _build(source: tree.Source, target_root: Path, pointer: Path, say: Progress) -> Runtime:
    draft = target_root / f"draft-{secrets.token_hex(8)}"
    try:
        tree.assemble(source, draft / "root", say)
        say("hashing the runtime")
        return _publish(draft, target_root, pointer)
    finally:
        _remove(draft)


def _publish(draft: Path, target_root: Path, pointer: Path) -> Runtime:
    rows = _rows(draft / "root")
    digest = _digest(rows)
    final = target_root / digest
    if not final.exists():
        os.rename(draft, final)
    (final / _LIST).write_text(json.dumps({"rows": rows, "fingerprint": _fingerprint(final / "root")}))
    draft_pointer = pointer.with_suffix(".draft")
    draft_pointer.write_text(digest)
    os.replace(draft_pointer, pointer)
    return Runtime(final / "root", digest)


def load_runtime(target_root: Path, digest: str) -> Runtime:
    """Return the built runtime of `digest` once every file was hashed anew; raises as `verify_runtime` does."""
    runtime = Runtime(target_root / RuntimeRef(digest).digest / "root", digest)
    check_fingerprint(runtime)
    verify_runtime(runtime)
    return runtime


def verify_runtime(runtime: Runtime) -> None:
    """Hash every file again; raises `IntegrityFailure` where the tree is not what its digest names."""
    if _digest(_rows(runtime.path)) != runtime.digest:
        raise IntegrityFailure(
            f"the runtime {runtime.digest[:12]} is not what was hashed: remove its folder, build it again"
        )


def check_fingerprint(runtime: Runtime) -> None:
    """Compare inode, size and times of every file with those noted when it was hashed; cheap, for each admission.

    The change time can't be set by anybody but root, so a file that was touched shows. Files that were moved or copied show
    too: then `verify_runtime` and `renew_fingerprint`. Raises `Unreachable` if absent, `IntegrityFailure` if touched.
    """
    try:
        noted = json.loads((runtime.path.parent / _LIST).read_text())["fingerprint"]
    except (OSError, ValueError, KeyError) as cause:
        raise Unreachable(f"the runtime {runtime.digest[:12]} is not built here: {cause}") from None
    if _fingerprint(runtime.path) != noted:
        raise IntegrityFailure(f"files of the runtime {runtime.digest[:12]} were touched after it was hashed")


def renew_fingerprint(runtime: Runtime) -> None:
    """Verify in full, then note the files' present inodes and times."""
    verify_runtime(runtime)
    facts = {"rows": _rows(runtime.path), "fingerprint": _fingerprint(runtime.path)}
    (runtime.path.parent / _LIST).write_text(json.dumps(facts))


def _rows(root: Path) -> list[tuple[str, int, str]]:
    """Return (path, mode, SHA-256) of every file and (path/, mode, "") of every folder; no link, no other kind."""
    rows = []
    for entry in _entries(os.fspath(root)):
        found = entry.stat(follow_symlinks=False)
        path = os.path.relpath(entry.path, root)
        if stat.S_ISDIR(found.st_mode):
            rows.append((path + "/", stat.S_IMODE(found.st_mode), ""))
        elif stat.S_ISREG(found.st_mode):
            with open(entry.path, "rb") as file:
                rows.append(
                    (path, stat.S_IMODE(found.st_mode), hashlib.file_digest(file, "sha256").hexdigest())
                )
        else:
            raise IntegrityFailure(f"{path} in a runtime is neither file nor folder")
    return sorted(rows)


def _digest(rows: list[tuple[str, int, str]]) -> str:
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def _fingerprint(root: Path) -> str:
    rows = []
    for entry in _entries(os.fspath(root)):
        found = entry.stat(follow_symlinks=False)
        facts = (found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        rows.append(f"{entry.path[len(os.fspath(root)) :]}\0{facts}")
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)


def _read_pointer(pointer: Path) -> str | None:
    try:
        digest = pointer.read_text().strip()
    except OSError:
        return None
    return digest if (pointer.parent / digest / _LIST).exists() else None


def _remove(folder: Path) -> None:
    if folder.exists():
        for path, _, _ in os.walk(folder):
            os.chmod(path, 0o755)
        shutil.rmtree(folder)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
