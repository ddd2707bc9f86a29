from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.adapters.sandbox import seccomp, syscalls

ALLOW, KILL, ENOSYS, EPERM = 0x7FFF0000, 0x80000000, 0x00050026, 0x00050001
MARKS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMNS = {"x86_64": syscalls.X86_64, "aarch64": syscalls.AARCH64}
MACHINES = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def decide(machine: str, number: int, arguments: tuple[int, ...] = (), mark: int | None = None) -> int:
    """Run the filter as the kernel would: a small machine for classic BPF."""
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    values = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack(
        "<iIQ6Q", number - (1 << 32) if number >= 1 << 31 else number, mark or MARKS[machine], 0, *values
    )
    place, held = 0, 0
    while True:
        operation, if_true, if_false, operand = code[place]
        place += 1
        if operation == 0x20:
            held = struct.unpack_from("<I", data, operand)[0]
        elif operation == 0x06:
            return int(operand)
        else:
            met = {0x15: held == operand, 0x35: held >= operand, 0x45: bool(held & operand)}[operation]
            place += if_true if met else if_false


@MACHINES
def test_every_number_is_decided_as_the_list_says(machine: str) -> None:
    column = COLUMNS[machine]
    special = {syscalls.CLONE[column], syscalls.IOCTL[column], syscalls.PRCTL[column]}
    listed = syscalls.allowed(column)
    wrong = [
        n for n in range(700) if n not in special and decide(machine, n) != (ALLOW if n in listed else ENOSYS)
    ]
    assert wrong == []


@MACHINES
def test_another_architecture_is_killed(machine: str) -> None:
    for mark in (0x40000003, 0x40000028, 0xC00000F3, *(m for name, m in MARKS.items() if name != machine)):
        assert decide(machine, 0, mark=mark) == KILL


@given(st.integers(0x40000000, 0xFFFFFFFF))
def test_x32_is_killed(number: int) -> None:
    assert decide("x86_64", number) == KILL


@MACHINES
@pytest.mark.parametrize(
    "flag", [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
)
def test_a_clone_into_a_new_namespace_is_refused(machine: str, flag: int) -> None:
    number = syscalls.CLONE[COLUMNS[machine]]
    assert decide(machine, number, (flag | 17,)) == EPERM
    assert decide(machine, number, (flag | 0x3D0F00 | (1 << 40),)) == EPERM
    assert decide(machine, number, (0x3D0F00,)) == ALLOW
    assert decide(machine, number, (0x1200011,)) == ALLOW


@MACHINES
@given(st.integers(0, 0xFFFFFFFF))
def test_only_harmless_requests_reach_a_terminal(machine: str, request: int) -> None:
    expected = ALLOW if request in (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451) else EPERM
    assert decide(machine, syscalls.IOCTL[COLUMNS[machine]], (0, request)) == expected
    assert decide(machine, syscalls.IOCTL[COLUMNS[machine]], (0, 0x5412)) == EPERM


@MACHINES
def test_the_filter_fits_the_kernels_bound_and_ends_in_a_return(machine: str) -> None:
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    assert len(code) < 4096
    assert code[-1][0] == 0x06


def test_a_machine_without_a_table_has_no_filter() -> None:
    with pytest.raises(KeyError):
        seccomp.program("riscv64")
