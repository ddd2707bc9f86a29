"""The port to an isolated place where untrusted code runs: what goes in, what limits it, what comes out.

Pure values and one Protocol. Everything that a path, a name or a variable may be is decided here, so that no adapter
ever meets a text which could become an option, a folder of the host or a second line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from typing import Protocol

from spe.errors import Malformed

CODE_FOLDER = "/job/code"
DATA_FOLDER = "/job/data"
PARAMETERS_FILE = "/job/parameters.json"
OUTPUT_FOLDER = "/outputs"
INTERPRETER = "/usr/bin/python3"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOADER_VARIABLES = ("LD_", "PYTHON", "GCONV_", "GLIBC_", "MALLOC_")
_MODES = frozenset({0o444, 0o555, 0o644, 0o755})
_MEBIBYTE = 1 << 20
_MAX_PARAMETERS = _MEBIBYTE
_MAX_ARGUMENTS = 64 * 1024
_LAUNCH = (
    "import sys,runpy;e=sys.argv[1];sys.argv=[e];p='/usr/lib/python%d.%d/site-packages'%sys.version_info[:2];"
    f"sys.path[:]=[{CODE_FOLDER!r},*(f for f in sys.path if f!=p),p];runpy.run_path(e,run_name='__main__')"
)


def is_name(text: str) -> bool:
    """Say whether `text` may name one file: letters, digits, `_`, then also `.` and `-`; at most 100 characters."""
    return _NAME.fullmatch(text) is not None


def is_path(text: str) -> bool:
    """Say whether `text` is a relative path of at most 16 such names."""
    parts = text.split("/")
    return len(parts) <= 16 and all(map(is_name, parts))


def python_argv(entry: str) -> tuple[str, ...]:
    """Return the one way in which Python code is started: isolated, writing no bytecode, `sys.path` = code + runtime."""
    if not is_path(entry):
        raise Malformed(f"the entry point {entry!r} is not a plain relative path")
    return (INTERPRETER, "-I", "-B", "-c", _LAUNCH, f"{CODE_FOLDER}/{entry}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use; sizes in bytes.

    `file_bytes` bounds one file and each scratch folder (/tmp, /dev/shm), `files` the inodes of each writable folder,
    `output_bytes` the outputs folder. Raises `Malformed` outside the bounds below.
    """

    wall_seconds: float = 600.0
    memory_bytes: int = 2 << 30
    processes: int = 64
    file_bytes: int = 64 * _MEBIBYTE
    files: int = 1024
    output_bytes: int = 16 * _MEBIBYTE
    open_files: int = 256

    def __post_init__(self) -> None:
        for name, lowest, highest in _BOUNDS:
            if not lowest <= getattr(self, name) <= highest:
                raise Malformed(f"limit {name} must be between {lowest} and {highest}")


_BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("wall_seconds", 0.05, 86_400.0),
    ("memory_bytes", 32 * _MEBIBYTE, 1 << 40),
    ("processes", 1, 4096),
    ("file_bytes", 4096, 1 << 36),
    ("files", 8, 1_000_000),
    ("output_bytes", 4096, 256 * _MEBIBYTE),
    ("open_files", 16, 65_536),
)


@dataclass(frozen=True, slots=True)
class RuntimeRef:
    """An admitted runtime, by the SHA-256 over its whole tree (64 hex digits)."""

    digest: str

    def __post_init__(self) -> None:
        if _DIGEST.fullmatch(self.digest) is None:
            raise Malformed("a runtime is named by 64 hexadecimal digits")


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One file of approved code, already verified against its manifest by whoever builds the spec."""

    path: str
    mode: int
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not is_path(self.path):
            raise Malformed(f"the code path {self.path!r} is not a plain relative path")
        if self.mode not in _MODES:
            raise Malformed(f"the mode of {self.path} must be 644, 755, 444 or 555")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of plaintext, streamed: `open()` yields chunks of `size` bytes in all, once."""

    name: str
    size: int
    open: Callable[[], Iterator[bytes]] = field(repr=False)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise Malformed(f"the data name {self.name!r} is not a plain file name")
        if not 0 <= self.size <= 1 << 40:
            raise Malformed(f"the size of {self.name} is out of bounds")


@dataclass(frozen=True, slots=True)
class DeclaredFile:
    """One output file that the code may leave, and the most bytes it may have."""

    name: str
    max_bytes: int

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise Malformed(f"the output name {self.name!r} is not a plain file name")
        if not 1 <= self.max_bytes <= 256 * _MEBIBYTE:
            raise Malformed(f"the size of {self.name} is out of bounds")


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """One run: everything that the sandbox sees, and nothing that it is not told."""

    runtime: RuntimeRef
    argv: tuple[str, ...]
    outputs: tuple[DeclaredFile, ...]
    code: tuple[CodeFile, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    data: tuple[DataFile, ...] = ()
    parameters: bytes = field(default=b"{}", repr=False)
    limits: Limits = Limits()
    reveal_errors: bool = False

    def __post_init__(self) -> None:
        _check_argv(self.argv)
        _check_environment(self.environment)
        _check_distinct("code path", [file.path for file in self.code])
        _check_distinct("data name", [file.name for file in self.data])
        _check_distinct("output name", [file.name for file in self.outputs])
        _check_no_file_is_a_folder([file.path for file in self.code])
        if len(self.parameters) > _MAX_PARAMETERS:
            raise Malformed("the parameters are longer than one mebibyte")


def _check_argv(argv: tuple[str, ...]) -> None:
    if not argv or not argv[0].startswith("/"):
        raise Malformed("the first argument must be an absolute path inside the sandbox")
    if any("\0" in text for text in argv) or sum(map(len, argv)) > _MAX_ARGUMENTS:
        raise Malformed("the arguments hold a NUL or are too long")


def _check_environment(environment: tuple[tuple[str, str], ...]) -> None:
    _check_distinct("variable", [name for name, _ in environment])
    for name, value in environment:
        if _VARIABLE.fullmatch(name) is None or name.startswith(_LOADER_VARIABLES):
            raise Malformed(f"the variable {name!r} is not allowed: it could change what is loaded")
        if "\0" in value or len(value) > 4096:
            raise Malformed(f"the value of {name} holds a NUL or is too long")


def _check_distinct(what: str, names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise Malformed(f"one {what} occurs twice")


def _check_no_file_is_a_folder(paths: list[str]) -> None:
    folders = {path[:cut] for path in paths for cut in range(len(path)) if path[cut] == "/"}
    if folders & set(paths):
        raise Malformed("one code path is both a file and a folder")


class Outcome(StrEnum):
    """How a run ended, for the run's sealed record; a real run's user hears `finished` or `failed` only."""

    FINISHED = "finished"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    MEMORY = "memory"
    TOO_MANY_PROCESSES = "too_many_processes"
    OUTPUT_TOO_LARGE = "output_too_large"
    UNDECLARED_OUTPUT = "undeclared_output"
    KILLED = "killed"


class Refused(StrEnum):
    """Why an entry of the outputs folder was counted and never read."""

    UNDECLARED = "undeclared"
    SYMLINK = "symlink"
    HARD_LINK = "hard_link"
    DIRECTORY = "directory"
    FIFO = "fifo"
    DEVICE = "device"
    SOCKET = "socket"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


class Enforcement(StrEnum):
    """What holds a limit."""

    CGROUP_V1 = "cgroup-v1"
    CGROUP_V2 = "cgroup-v2"
    RLIMIT = "rlimit"
    RLIMIT_WATCHED = "rlimit+watch"
    TMPFS = "tmpfs"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class HeldLimit:
    """One limit, its value and what holds it; `hit` says that the run met it."""

    name: str
    value: int
    by: Enforcement
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Isolation:
    """What isolates: the run's record keeps it word for word."""

    bwrap: str
    namespaces: tuple[str, ...]
    seccomp: str
    unprivileged: str
    limits: tuple[HeldLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One declared regular file as it was when every process was dead; kept in memory, never spooled to a disk."""

    name: str
    content: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True, slots=True)
class ErrorPlace:
    """Class of the error and the line of the user's own code that raised it."""

    error: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Tail:
    """The last bytes that a stream carried, and how many it carried in all."""

    last: bytes = field(repr=False)
    total: int


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What a run left behind.

    `outputs` is filled for FINISHED only. `exit_code`, `stdout`, `stderr` and `seconds` are for
    the sealed record; `error` is there only where the spec reveals errors (twin runs).
    """

    outcome: Outcome
    exit_code: int | None
    outputs: tuple[OutputFile, ...]
    missing: tuple[str, ...]
    refused: tuple[tuple[Refused, int], ...]
    stdout: Tail
    stderr: Tail
    isolation: Isolation
    seconds: float
    error: ErrorPlace | None = None


class Sandbox(Protocol):
    """Runs untrusted code with no network, no credentials, no host path and no privilege, or not at all."""

    def probe(self) -> Isolation:
        """Start one really and say what isolates it; raises `Unreachable` with cause and remedy."""
        ...

    def run(self, spec: SandboxSpec, stop: Event) -> SandboxResult:
        """Run `spec` until it ends, meets a limit or `stop` is set; on return no process of it is alive.

        Raises `Unreachable` where no isolation is to be had, `IntegrityFailure` where data are not of their size.
        """
        ...
