"""Where a run's files live: a mount namespace of the supervisor's own with sized tmpfs that nobody else can see.

bwrap's own tmpfs has no inode limit and dies with the sandbox; these have one, and outlive it until the outputs are read.
The order matters for root: the runtime may lie under a folder that only root may enter, so it's bound before the
supervisor becomes an unprivileged user; and it must become one, because RLIMIT_NPROC counts nothing for root.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from spe.adapters.sandbox import kernel

STAGE = "/tmp"
ROOT = f"{STAGE}/root"
OUTPUTS = f"{ROOT}/outputs"
_JOB, _SCRATCH, _SHARED = (f"{ROOT}/{name}" for name in ("job", "tmp", "dev/shm"))
_DEVICES = ("null", "zero", "random", "urandom")
_CLOSED = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
_NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
)
_READ_ONLY = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
_HOST_SYSTEM = ("/usr", "/lib", "/lib64", "/bin")
_INSIDE_ID = 1000
_SPREAD = 8192
_PAGE = 4096


def enter(runtime: str | None) -> None:
    """Enter own user, mount, pid, network, ipc and uts namespace, with what a run sees staged at `ROOT`.

    Without a runtime the host's own programs stand in, which only a probe asks for. Raises `OSError`.
    """
    if drops_root():
        _become_unprivileged(runtime)
        _own_namespaces()
    else:
        _own_namespaces()
        _stage(runtime)


def drops_root() -> bool:
    """Say whether this process is root: then it must become another user, because the kernel counts nothing for root.

    Root of a namespace whose only user is a normal user outside is none.
    """
    _, outside, count = _widest_ids()
    return os.geteuid() == 0 and (count > 1 or outside == 0)


def _become_unprivileged(runtime: str | None) -> None:
    nobody = _unused_id()
    kernel.unshare(kernel.CLONE_NEWNS)
    _stage(runtime)
    os.setgroups([])
    os.setresgid(nobody, nobody, nobody)
    os.setresuid(nobody, nobody, nobody)
    kernel.set_dumpable(True)


def _unused_id() -> int:
    """Return a user id of our own for each run, so that no other run's processes count against it."""
    inside, _, count = _widest_ids()
    if count <= _SPREAD + 2:
        return inside + count - 1
    return min(inside + count, 1 << 31) - 3 - os.getpid() % _SPREAD


def _widest_ids() -> tuple[int, int, int]:
    """Return the longest range of user ids of this namespace: first inside, first outside, how many."""
    with open("/proc/self/uid_map") as rows:
        ranges = [tuple(map(int, row.split())) for row in rows]
    inside, outside, count = max(ranges, key=lambda row: row[2])
    return inside, outside, count


def _own_namespaces() -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(_NAMESPACES)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_INSIDE_ID} {user} 1"),
        ("gid_map", f"{_INSIDE_ID} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    kernel.set_domain_name("(none)")  # bubblewrap sets the host name only
    kernel.die_with_parent(signal.SIGKILL)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)


def _stage(runtime: str | None) -> None:
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    found = None if runtime is None else os.open(runtime, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    kernel.mount("spe", STAGE, "tmpfs", _CLOSED, "size=65536,nr_inodes=64,mode=0755")
    os.mkdir(ROOT, 0o755)
    if found is None:
        _lay_out_host_programs()
    else:
        _bind(f"/proc/self/fd/{found}", ROOT, _READ_ONLY)
        os.close(found)
    for device in _DEVICES:
        _bind(f"/dev/{device}", f"{ROOT}/dev/{device}", kernel.MS_NOSUID | kernel.MS_NOEXEC)


def _lay_out_host_programs() -> None:
    for folder in (_JOB, OUTPUTS, _SCRATCH, _SHARED):
        os.makedirs(folder, 0o755)
    for device in _DEVICES:
        os.close(os.open(f"{ROOT}/dev/{device}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    system = [path for path in _HOST_SYSTEM if os.path.isdir(path)]
    for path in system:
        os.mkdir(f"{ROOT}{path}", 0o755)
    _bind(ROOT, ROOT, _READ_ONLY)
    for path in system:
        _bind(path, f"{ROOT}{path}", _READ_ONLY)


def _bind(source: str, target: str, narrowing: int) -> None:
    """Show `source` at `target`, narrowed by `narrowing`; what is narrow already must stay so, or the kernel refuses."""
    kernel.mount(source, target, "", kernel.MS_BIND)
    held = os.statvfs(target).f_flag & (kernel.MS_RDONLY | _CLOSED)
    kernel.mount("none", target, "", kernel.MS_REMOUNT | kernel.MS_BIND | held | narrowing)


def mount_folders(input_bytes: int, inputs: int, output_bytes: int, file_bytes: int, files: int) -> None:
    """Mount the sized folders; `inputs` is how many files and folders go into the job. Raises `OSError`."""
    _tmpfs(_JOB, input_bytes + (inputs + 8) * _PAGE, inputs + 8)
    _tmpfs(OUTPUTS, output_bytes, files)
    _tmpfs(_SCRATCH, file_bytes, files)
    _tmpfs(_SHARED, file_bytes, files)


def _tmpfs(target: str, size: int, inodes: int) -> None:
    kernel.mount("spe", target, "tmpfs", _CLOSED, f"size={size},nr_inodes={inodes},mode=0700")


def write(path: str, mode: int, chunks: Iterator[bytes]) -> None:
    """Write one file of the job, making its folders; raises `OSError`."""
    target = f"{_JOB}/{path}"
    os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[os.write(file, view) :]
        os.fchmod(file, mode & 0o555)
    finally:
        os.close(file)


def seal_job() -> None:
    """Make the job's file system read-only as a whole: nothing can be mounted, bound or opened for writing past it."""
    kernel.mount("spe", _JOB, "", kernel.MS_REMOUNT | kernel.MS_RDONLY | _CLOSED)


def outputs_are_full() -> bool:
    """Say whether the outputs folder has no room or no inode left."""
    room = os.statvfs(OUTPUTS)
    return room.f_bavail == 0 or room.f_ffree == 0
