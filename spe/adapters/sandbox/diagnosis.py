"""From a failed start to its cause and what mends it, in words for the person who installs."""

from __future__ import annotations

import errno
from pathlib import Path

_NO_BWRAP = "bubblewrap is not installed. Remedy: install the package `bubblewrap` (Debian: apt-get install bubblewrap)"
_SWITCHES = (
    (
        "sys/kernel/unprivileged_userns_clone",
        "0",
        "the kernel forbids user namespaces to normal users. Remedy: sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    (
        "sys/user/max_user_namespaces",
        "0",
        "the number of user namespaces is limited to none. Remedy: sysctl -w user.max_user_namespaces=15000",
    ),
    (
        "sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor takes all rights from a normal user's namespaces. Remedy: an AppArmor profile that grants `userns` to bwrap "
        "and to this Python, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
_CONTAINER = (
    "a container's seccomp, capability or masked-paths profile forbids namespaces or mounts. Remedy: start the container with "
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined "
    "(Kubernetes: use the cluster's own runs instead)"
)
_FORBIDDEN = (
    "ermission",
    "not permitted",
    "/ns failed",
)  # the last: no /proc of the own pid namespace to be had
_LIMITED = "a limit on namespaces or processes is used up. Remedy: sysctl -w user.max_user_namespaces=15000, and look at ulimit -u"


def explain(step: str, number: int | None, message: str, proc: Path = Path("/proc")) -> str:
    """Return cause and remedy for a start that failed at `step` with `number` (an errno) and `message`."""
    if step == "bubblewrap-missing":
        return _NO_BWRAP
    for name, bad, remedy in _SWITCHES:
        if _read(proc / name) == bad:
            return f"no sandbox can be started: {remedy} [{step}: {message}]"
    if number in (errno.ENOSPC, errno.EAGAIN, errno.EUSERS):
        return f"no sandbox can be started: {_LIMITED} [{step}: {message}]"
    if number in (errno.EPERM, errno.EACCES) or any(word in message for word in _FORBIDDEN):
        return f"no sandbox can be started: {_CONTAINER} [{step}: {message}]"
    return f"no sandbox can be started: the step `{step}` failed [{message}]"


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None
