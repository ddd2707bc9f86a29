"""What OPA itself says of the policies: `python -m tests.services.opa_policies`.

`opa check --strict` with nothing but the allowed built-ins, `opa fmt`, and `opa test` with the coverage of every line. Our rule
tests are written over the good question of their gate, which OPA has no place for: so each gets a test of that name around it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from spe.adapters.policy_files import FOLDER, read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.policy.archive import served_modules
from spe.policy.builtins import allowed, capabilities
from spe.policy.bundle import Bundle, build
from spe.policy.document import document
from spe.setup.tools import OPA, find
from tests.unit.policy.corpus import corpus
from tests.unit.policy.good_questions import GOOD, good
from tests.unit.policy.rule_tests import SHARED, TESTS, rules

_TEST: Final = re.compile(r"^test_", re.MULTILINE)


def opa(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run OPA and return what it says."""
    program = find(OPA)
    if program is None:
        raise RuntimeError("there is no OPA here: `make tools` builds it")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=300)


def problems() -> list[str]:
    """Return what OPA finds wrong with the policies."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_bundle(folder / "bundle", build(read_sources(), QUESTIONS))
        return [
            *check(folder / "bundle", folder),
            *check(FOLDER, folder),
            *_said("opa fmt", opa("fmt", "--diff", "--fail", FOLDER)),
            *_said("opa fmt", opa("fmt", "--diff", "--fail", folder / "bundle" / "spe" / "shape")),
            *uncovered(folder),
        ]


def check(policies: Path, folder: Path) -> list[str]:
    """Return what `opa check --strict` says with our capabilities file, which is written into `folder`."""
    file = folder / "capabilities.json"
    file.write_bytes(capabilities(opa("capabilities", "--current").stdout.encode(), allowed(read_sources())))
    return _said("opa check", opa("check", "--strict", "--capabilities", file, policies))


def uncovered(folder: Path) -> list[str]:
    """Return failed tests, and the lines of rules that no test evaluates."""
    bundle, tests = folder / "bundle", folder / "tests"
    write_tests(tests)
    said = opa("test", "--coverage", "--format", "json", bundle, tests)
    if said.returncode:
        return _said("opa test", opa("test", bundle, tests)) or [f"opa test: {said.stderr}"]
    report: dict[str, Any] = json.loads(said.stdout)
    return [
        f"{file.split('/bundle/', 1)[1]}: no test evaluates lines {lines['start']['row']} to {lines['end']['row']}"
        for file, found in report["files"].items()
        if "/bundle/" in file
        for lines in found.get("not_covered", ())
    ]


def write_bundle(folder: Path, bundle: Bundle) -> None:
    """Write the bundle as OPA's folder form."""
    for path, text in served_modules(bundle).items():
        _write(folder / path, text)
    _write(folder / "data.json", json.dumps(bundle.data()))
    _write(folder / ".manifest", json.dumps({"revision": bundle.digest, "roots": ["spe"], "rego_version": 1}))


def write_tests(folder: Path) -> None:
    """Write every rule test as a rule, and around each, and each good question, a test that gives it its input."""
    for at, path in enumerate(TESTS):
        _write(folder / f"rules_{at}.rego", _TEST.sub("case_", path.read_text()))
    # Rules, not data: where `with input` names a document of data, OPA forgets a second `with` inside it.
    questions = {"good": {gate: good(gate) for gate in GOOD}, "full": _fullest(), "old": _unproven()}
    named = [f"{name} := {json.dumps(documents)}" for name, documents in questions.items()]
    _write(folder / "wrapped_test.rego", "\n\n".join(["package wrapped_test", *named, *_wrapped()]) + "\n")


def _wrapped() -> Iterator[str]:
    yield "test_each_is_asked if count(data.spe.each.decisions) == 2 with input.questions as [1, 2]"
    for at, (name, rule) in enumerate(rules()):
        case = f"data.{name}_test.case_{rule.removeprefix('test_')}"
        yield f'test_{at} if {case} with input as good["{SHARED.get(name, name.removeprefix("spe."))}"]'
    for gate in GOOD:
        name = gate.replace(".", "_")
        yield f'test_good_{name} if data.spe.main.decision.allow with input as good["{gate}"]'
        yield f'test_full_{name} if is_boolean(data.spe.main.decision.allow) with input as full["{gate}"]'
        yield f'test_old_{name} if is_boolean(data.spe.main.decision.allow) with input as old["{gate}"]'


def _fullest() -> dict[str, Any]:
    """Return for each gate the longest question of the corpus, in which no list is empty that has items at all."""
    asked = sorted((document(question) for question in corpus()), key=lambda one: len(json.dumps(one)))
    return {one["gate"]: one for one in asked if one["gate"] in GOOD}


def _unproven() -> dict[str, Any]:
    """Return each good question as of somebody who signed in without a second factor."""
    questions = {gate: good(gate) for gate in GOOD}
    for question in questions.values():
        question["caller"]["second_factor_at"] = 0
    return questions


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _said(what: str, done: subprocess.CompletedProcess[str]) -> list[str]:
    text = (done.stdout + done.stderr).strip()
    return [f"{what}: {text or done.returncode}"] if done.returncode else []


def main() -> int:
    if find(OPA) is None:
        print("OPA is not built here: what it says of the policies is left out (`make tools` builds it)")
        return 0
    found = problems()
    print("\n".join(found) or "OPA finds nothing wrong with the policies, and their tests cover every line")
    return len(found) > 0


if __name__ == "__main__":
    sys.exit(main())
