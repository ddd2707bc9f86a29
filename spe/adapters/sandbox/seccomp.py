"""The system-call filter, compiled here to classic BPF: an allow list, everything else is ENOSYS.

ENOSYS rather than EPERM because C libraries fall back from it to an older call; an architecture other than the one
compiled for is killed, and so is x32 (its numbers start at 2**30 under the x86_64 mark). Source: seccomp(2), bpf(4).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from spe.adapters.sandbox import syscalls

_LD_ABS, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_ENOSYS, _EPERM = 0x00050000 | 38, 0x00050000 | 1
_NUMBER, _ARCH, _ARGUMENT = 0, 4, (16, 24, 32)
_MACHINES = {"x86_64": (0xC000003E, syscalls.X86_64), "aarch64": (0xC00000B7, syscalls.AARCH64)}

# NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, and CLONE_PTRACE
_NAMESPACE_FLAGS = (
    0x00000080
    | 0x00020000
    | 0x02000000
    | 0x04000000
    | 0x08000000
    | 0x10000000
    | 0x20000000
    | 0x40000000
    | 0x2000
)
# TCGETS, TIOCGWINSZ, FIONREAD, FIOCLEX, FIONCLEX, FIONBIO: never TIOCSTI
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5451, 0x5450, 0x5421)
# SET_PDEATHSIG, GET_PDEATHSIG, GET_DUMPABLE, SET_NAME, GET_NAME, SET_VMA
_PRCTLS = (1, 2, 3, 15, 16, 0x53564D41)

Instruction = tuple[int, int, int, int]


def program(machine: str) -> bytes:
    """Return the filter for `machine` (as `platform.machine()` names it) in the kernel's form; `KeyError` if unknown."""
    mark, column = _MACHINES[machine]
    head: list[Instruction] = [(_LD_ABS, 0, 0, _ARCH), (_JEQ, 1, 0, mark), (_RET, 0, 0, _KILL)]
    head.append((_LD_ABS, 0, 0, _NUMBER))
    if machine == "x86_64":
        head += [(_JGE, 0, 1, 0x40000000), (_RET, 0, 0, _KILL)]
    for number, body in (
        (syscalls.CLONE[column], _forbids_flags(_NAMESPACE_FLAGS)),
        (syscalls.IOCTL[column], _one_of(1, _IOCTLS)),
        (syscalls.PRCTL[column], _one_of(0, _PRCTLS)),
    ):
        head += [(_JEQ, 0, len(body), number), *body]
    return _pack(head + _search(_ranges(syscalls.allowed(column))))


def _forbids_flags(flags: int) -> list[Instruction]:
    return [(_LD_ABS, 0, 0, _ARGUMENT[0]), (_JSET, 0, 1, flags), (_RET, 0, 0, _EPERM), (_RET, 0, 0, _ALLOW)]


def _one_of(argument: int, values: tuple[int, ...]) -> list[Instruction]:
    tests: list[Instruction] = [(_JEQ, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [(_LD_ABS, 0, 0, _ARGUMENT[argument]), *tests, (_RET, 0, 0, _EPERM), (_RET, 0, 0, _ALLOW)]


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _search(ranges: list[tuple[int, int]]) -> list[Instruction]:
    """Return a decision tree over `ranges`, so that a call costs a few comparisons instead of hundreds."""
    if len(ranges) == 1:
        first, last = ranges[0]
        inside: list[Instruction] = [(_RET, 0, 0, _ALLOW), (_RET, 0, 0, _ENOSYS)]
        return [(_JGE, 0, 2, first), (_JGE, 1, 0, last + 1), *inside]
    middle = len(ranges) // 2
    low, high = _search(ranges[:middle]), _search(ranges[middle:])
    return [(_JGE, len(low), 0, ranges[middle][0]), *low, *high]


def _pack(code: list[Instruction]) -> bytes:
    return b"".join(struct.pack("=HBBI", *line) for line in code)
