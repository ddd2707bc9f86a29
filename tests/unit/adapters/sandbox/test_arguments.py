from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.adapters.sandbox.arguments import command_line
from spe.errors import Malformed
from spe.workspace.sandbox import (
    CodeFile,
    DeclaredFile,
    RuntimeRef,
    SandboxSpec,
    is_name,
    is_path,
    python_argv,
)

ROOT = "/tmp/root"
GOLDEN = [
    "/usr/bin/bwrap",
    "--unshare-user",
    "--unshare-pid",
    "--unshare-uts",
    "--unshare-cgroup",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--hostname",
    "sandbox",
    "--clearenv",
    "--dev-bind",
    "/tmp/root",
    "/",
    "--setenv",
    "HOME",
    "/tmp",
    "--chdir",
    "/",
    "--seccomp",
    "7",
    "--block-fd",
    "9",
    "--",
    "/usr/bin/python3",
    "-I",
    "main.py",
]
TAKES = {"--dev-bind": 2, "--setenv": 2, "--uid": 1, "--gid": 1, "--hostname": 1}
TAKES |= {"--cap-drop": 1, "--chdir": 1, "--seccomp": 1, "--block-fd": 1, "--": 0}
TAKES |= dict.fromkeys([*GOLDEN[1:7], "--clearenv"], 0)


def options(line: list[str]) -> tuple[list[tuple[str, ...]], list[str]]:
    """Read a command line as bubblewrap does."""
    found, place = [], 1
    while line[place] != "--":
        count = TAKES[line[place]]
        found.append(tuple(line[place : place + 1 + count]))
        place += 1 + count
    return found, line[place + 1 :]


def test_the_command_line_is_this_one() -> None:
    argv = ("/usr/bin/python3", "-I", "main.py")
    assert command_line("/usr/bin/bwrap", ROOT, (("HOME", "/tmp"),), argv, 7, 9) == GOLDEN


NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)


@given(
    st.lists(st.tuples(NAMES, st.text()), max_size=5, unique_by=lambda row: row[0]),
    st.lists(st.text(), max_size=8),
)
def test_no_text_of_a_spec_becomes_an_option(environment: list[tuple[str, str]], rest: list[str]) -> None:
    argv = ("/usr/bin/python3", *rest)
    found, command = options(command_line("/usr/bin/bwrap", ROOT, tuple(environment), argv, 7, 9))
    bare, _ = options(command_line("/usr/bin/bwrap", ROOT, (), ("/x",), 7, 9))
    assert command == list(argv)
    assert [row for row in found if row[0] != "--setenv"] == bare
    assert [row[1:] for row in found if row[0] == "--setenv"] == environment


@given(st.text())
def test_a_name_is_never_an_option_a_path_or_a_second_line(text: str) -> None:
    if is_name(text):
        assert text[0] not in "-."
        assert not set(text) & set("/\\\0\n\r\t ;$`'\"*?")
        assert len(text) <= 100


@given(
    st.one_of(
        st.text(), st.lists(st.sampled_from(["a", "..", ".", "", "-x", "b.py"]), max_size=20).map("/".join)
    )
)
def test_a_path_stays_below_its_folder(text: str) -> None:
    if is_path(text):
        assert not text.startswith("/")
        assert all(part not in ("", ".", "..") and is_name(part) for part in text.split("/"))
    else:
        with pytest.raises(Malformed):
            CodeFile(text, 0o644, b"")
        with pytest.raises(Malformed):
            python_argv(text)


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "PYTHONPATH", "PYTHONSTARTUP", "--bind", "a", "A=B", "", "A\n", "GLIBC_TUNABLES"]
)
def test_a_variable_that_changes_what_is_loaded_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        SandboxSpec(RuntimeRef("0" * 64), ("/x",), (), environment=((name, "1"),))


@pytest.mark.parametrize(
    "argv", [(), ("python3",), ("--bind", "/", "/"), ("/x", "a\0b"), ("/x", "a" * 70_000)]
)
def test_a_command_is_an_absolute_path_and_bounded(argv: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        SandboxSpec(RuntimeRef("0" * 64), argv, ())


def test_nothing_is_declared_twice_or_both_file_and_folder() -> None:
    ref, argv = RuntimeRef("0" * 64), ("/x",)
    with pytest.raises(Malformed):
        SandboxSpec(ref, argv, (DeclaredFile("a", 1), DeclaredFile("a", 2)))
    with pytest.raises(Malformed):
        SandboxSpec(ref, argv, (), code=(CodeFile("a", 0o644, b""), CodeFile("a/b", 0o644, b"")))
    with pytest.raises(Malformed):
        SandboxSpec(ref, argv, (), environment=(("A", "1"), ("A", "2")))


def test_code_is_never_on_the_path_of_data_or_outputs() -> None:
    line = python_argv("main.py")
    assert line[1:3] == ("-I", "-B")
    assert "/job/data" not in " ".join(line)
    assert "/outputs" not in " ".join(line)
