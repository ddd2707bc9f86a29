"""Ways to break the real mechanism: a policy bundle with a line changed, and rows that a check can't be fooled with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spe.adapters.policy_point import PolicyPoint, embedded_point
from tests.builders import CHECKOUT

POLICIES = CHECKOUT / "policies"


@contextmanager
def policy_point(folder: Path = POLICIES) -> Iterator[PolicyPoint]:
    """Open the real decision point on the policies in `folder`."""
    point = embedded_point(folder, size=1, deadline=10.0)
    try:
        yield point
    finally:
        point.close()


def changed_policies(to: Path, file: str, before: str, after: str) -> Path:
    """Return a copy of the policies in which `before` reads `after`, once, in `file`."""
    shutil.copytree(POLICIES, to)
    path = to / "spe" / file
    text = path.read_text()
    assert text.count(before) >= 1, f"{file} has no {before!r} to break"
    path.write_text(text.replace(before, after))
    return to
