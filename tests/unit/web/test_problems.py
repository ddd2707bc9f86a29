from __future__ import annotations

import spe.audit.verify
import spe.cli.failure
import spe.errors
import spe.web.app
from spe.errors import SpeError
from spe.web.problems import STATUS, listed, slug


def family(kind: type[SpeError] = SpeError) -> set[type[SpeError]]:
    return {kind}.union(*(family(below) for below in kind.__subclasses__()))


def test_every_error_class_of_the_family_has_its_row_in_the_table() -> None:
    own = {
        kind for kind in vars(spe.errors).values() if isinstance(kind, type) and issubclass(kind, SpeError)
    }
    assert own - set(STATUS) == set()


def test_every_finer_error_is_told_as_one_of_the_table_and_never_as_an_unknown_one() -> None:
    finer = {kind for kind in family() if not kind.__module__.startswith("spe.cli")} - {SpeError}
    assert {kind.__name__ for kind in finer if listed(kind) is SpeError} == set()
    assert listed(spe.audit.verify.BadLog) is spe.errors.IntegrityFailure


def test_problem_types_are_unique_and_plain() -> None:
    slugs = [slug(kind) for kind in STATUS]
    assert len(set(slugs)) == len(slugs)
    assert all(one.replace("-", "").isalpha() and one == one.lower() for one in slugs)


def test_only_the_unknown_error_is_the_servers_fault() -> None:
    assert {kind.__name__ for kind, status in STATUS.items() if status >= 500} == {
        "SpeError",
        "Unreachable",
        "NotKnownYet",
        "Undecided",
    }
