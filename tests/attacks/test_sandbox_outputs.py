from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from spe.workspace.sandbox import Limits, Outcome, Refused
from tests.attacks.sandbox_world import MEBIBYTE, Box, held_by, new_box

DECLARED = ("table.csv", "other.csv")


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    made = new_box(control_groups=True)
    yield made
    made.sandbox.close()


def test_declared_files_come_out_byte_for_byte(box: Box) -> None:
    result = box.run("open('/outputs/table.csv','wb').write(bytes(range(256))*2000)", outputs=DECLARED)
    (file,) = result.outputs
    assert file.name == "table.csv"
    assert file.content == bytes(range(256)) * 2000
    assert file.sha256 == hashlib.sha256(file.content).hexdigest()
    assert (result.outcome, result.missing, result.refused) == (Outcome.FINISHED, ("other.csv",), ())


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("os.symlink('/job/data/rows.csv', '/outputs/table.csv')", Refused.SYMLINK),
        ("os.symlink('/etc/passwd', '/outputs/table.csv')", Refused.SYMLINK),
        ("os.symlink('/outputs', '/outputs/table.csv')", Refused.SYMLINK),
        ("os.mkdir('/outputs/table.csv')", Refused.DIRECTORY),
        ("os.makedirs('/outputs/a/b/c/table.csv')", Refused.DIRECTORY),
        ("open('/outputs/table.csv','wb').truncate(2_000_000)", Refused.TOO_LARGE),
        ("open('/outputs/patients.csv','w').write('1')", Refused.UNDECLARED),
        ("open('/outputs/table.csv ','w').write('1')", Refused.UNDECLARED),
        (r"open(b'/outputs/\xff\n;$(x)','w').write('1')", Refused.UNDECLARED),
        ("open('/outputs/.table.csv','w').write('1')", Refused.UNDECLARED),
    ],
)
def test_what_is_no_declared_regular_file_is_counted_and_never_read(
    box: Box, program: str, kind: Refused
) -> None:
    result = box.run(f"import os\n{program}", outputs=DECLARED)
    assert result.refused == ((kind, 1),)
    assert result.outputs == ()
    assert result.outcome is (
        Outcome.OUTPUT_TOO_LARGE if kind is Refused.TOO_LARGE else Outcome.UNDECLARED_OUTPUT
    )


def test_two_names_for_one_file_are_both_refused(box: Box) -> None:
    program = "import os\nopen('/outputs/table.csv','w').write('1')\nos.link('/outputs/table.csv','/outputs/other.csv')"
    assert box.run(program, outputs=DECLARED).refused == ((Refused.HARD_LINK, 2),)


def test_a_file_without_any_permission_is_still_read_by_the_supervisor(box: Box) -> None:
    program = "import os\nopen('/outputs/table.csv','w').write('1')\nos.chmod('/outputs/table.csv',0)\nos.chmod('/outputs',0)"
    result = box.run(program, outputs=DECLARED)
    assert [file.content for file in result.outputs] == [b"1"]


def test_a_file_swapped_for_a_link_by_a_child_that_goes_on_is_read_as_what_it_was_at_the_end(
    box: Box,
) -> None:
    program = """if True:
        import os
        def swap():
            while True:
                with open("/outputs/draft", "w") as file: file.write("1")
                os.replace("/outputs/draft", "/outputs/table.csv")
                os.symlink("/job/parameters.json", "/outputs/draft")
                os.replace("/outputs/draft", "/outputs/table.csv")
        if os.fork() == 0:
            os.setsid()
            swap()
        import time
        time.sleep(0.05)
    """
    for _ in range(8):
        result = box.run(program, outputs=DECLARED, parameters=b'{"secret":true}')
        assert b"secret" not in b"".join(file.content for file in result.outputs)
        assert result.outcome in (Outcome.FINISHED, Outcome.UNDECLARED_OUTPUT)


def test_a_failing_run_gives_no_outputs_and_its_place_only_when_errors_are_revealed(box: Box) -> None:
    program = "open('/outputs/table.csv','w').write('1')\ndef f(): raise KeyError('patient 7')\nf()"
    told, silent = (box.run(program, outputs=DECLARED, reveal=reveal) for reveal in (True, False))
    assert told.outcome is silent.outcome is Outcome.FAILED
    assert told.outputs == silent.outputs == ()
    assert told.error is not None
    assert (told.error.error, told.error.path, told.error.line) == ("KeyError", "main.py", 2)
    assert "patient" not in repr(told.error)
    assert silent.error is None
    assert "patient" not in repr(told) + repr(silent)


@pytest.mark.parametrize(
    "ending",
    [
        "raise KeyError('7')",
        "import os; os.kill(os.getpid(), 9)",
        "import sys; sys.stderr.write('KeyError: 7\\n'); sys.exit(3)",
        "open('/outputs/undeclared','w')",
        "import time; time.sleep(60)",
    ],
)
def test_a_run_on_real_data_reveals_no_error_and_gives_outputs_only_when_it_finished(
    box: Box, ending: str
) -> None:
    program = f"open('/outputs/table.csv','w').write('1')\n{ending}"
    result = box.run(
        program, Limits(wall_seconds=4, memory_bytes=256 * MEBIBYTE), outputs=DECLARED, reveal=False
    )
    assert result.outcome is not Outcome.FINISHED
    assert result.error is None
    assert result.outputs == ()
    assert set(result.missing) == set(DECLARED)


def test_a_declared_file_over_its_bound_leaves_nothing(box: Box) -> None:
    program = "open('/outputs/table.csv','wb').write(bytes(3<<20))\nopen('/outputs/other.csv','w').write('1')"
    result = box.run(program, Limits(wall_seconds=20, output_bytes=8 * MEBIBYTE), outputs=DECLARED)
    assert result.outcome is Outcome.OUTPUT_TOO_LARGE
    assert held_by(result, "output")[1] is True
    assert result.outputs == ()
