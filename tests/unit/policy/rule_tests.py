"""The `test_` rules beside the policies, and the gate whose good question each of them reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from spe.adapters.policy_files import FOLDER

TESTS: Final = sorted(FOLDER.rglob("*_test.rego"))
OPA_ONLY: Final = "spe.main_otherwise"
_NAME: Final = re.compile(r"^(test_\w+) ", re.MULTILINE)
SHARED: Final = {
    "spe.main": "run.stop",
    OPA_ONLY: "run.stop",
    "spe.caller": "run.stop",
    "spe.few": "run.stop",
    "spe.step_up": "decision.decide",
    "spe.permit.standing": "run.stop",
    "spe.request.rules": "request.submit",
    "spe.request.duo": "request.submit",
    "spe.catalogue.duo": "catalogue.register",
}


def package(path: Path) -> str:
    return path.read_text().split("\n", 1)[0].removeprefix("package ").removesuffix("_test")


def rules() -> list[tuple[str, str]]:
    return [(package(path), name) for path in TESTS for name in _NAME.findall(path.read_text())]
