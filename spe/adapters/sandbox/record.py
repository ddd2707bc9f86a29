"""From what the supervisor said to the run's result: outcome, what held each limit, and what may be shown."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any

from spe.adapters.sandbox.cgroups import Group
from spe.adapters.sandbox.channel import Answer
from spe.workspace.sandbox import (
    CODE_FOLDER,
    Enforcement,
    ErrorPlace,
    HeldLimit,
    Isolation,
    Limits,
    Outcome,
    OutputFile,
    Refused,
    SandboxResult,
    SandboxSpec,
    Tail,
)

_CAUSES = {"stopped": Outcome.KILLED, "timed_out": Outcome.TIMED_OUT, "memory": Outcome.MEMORY}
NEVER_RAN: dict[str, Any] = {
    "cause": "stopped",
    "exit": None,
    "seconds": 0.0,
    "stdout": 0,
    "stderr": 0,
    "refused": {},
    "crowded": False,
    "full": False,
}
_PLACE = re.compile(rf'File "{CODE_FOLDER}/([A-Za-z0-9._/-]+)", line (\d+)')
_ERROR = re.compile(r"^([A-Za-z_][A-Za-z0-9_.]{0,99})(?::|$)")


def held_limits(limits: Limits, groups: tuple[Group, ...], facts: dict[str, Any]) -> tuple[HeldLimit, ...]:
    """Return every limit with what held it, and whether the run met it."""
    by = {name: group.by for group in groups for name in group.holds}
    hits = {name for group in groups for name in group.hits()}
    hits |= {"memory"} if facts["cause"] == "memory" else set()
    hits |= {"processes"} if facts["crowded"] else set()
    hits |= {"wall"} if facts["cause"] == "timed_out" else set()
    hits |= {"output"} if facts["full"] or "too_large" in facts["refused"] else set()
    rows = (
        ("wall", round(limits.wall_seconds), Enforcement.SUPERVISOR),
        ("memory", limits.memory_bytes, by.get("memory", Enforcement.RLIMIT_WATCHED)),
        ("processes", limits.processes, by.get("processes", Enforcement.RLIMIT)),
        ("file", limits.file_bytes, Enforcement.RLIMIT),
        ("files", limits.files, Enforcement.TMPFS),
        ("output", limits.output_bytes, Enforcement.TMPFS),
        ("open_files", limits.open_files, Enforcement.RLIMIT),
    )
    return tuple(HeldLimit(name, value, how, name in hits) for name, value, how in rows)


def result_of(
    spec: SandboxSpec, answer: Answer, isolation: Isolation, limits: tuple[HeldLimit, ...]
) -> SandboxResult:
    """Return the result; outputs leave only from a run that ended by itself, with 0, and left nothing else."""
    facts = answer.facts
    refused = tuple((Refused(kind), count) for kind, count in sorted(facts["refused"].items()))
    outcome = outcome_of(facts, {limit.name for limit in limits if limit.hit})
    given = answer.outputs if outcome is Outcome.FINISHED else {}
    outputs = tuple(
        OutputFile(file.name, given[file.name], hashlib.sha256(given[file.name]).hexdigest())
        for file in spec.outputs
        if file.name in given
    )
    return SandboxResult(
        outcome=outcome,
        exit_code=facts["exit"],
        outputs=outputs,
        missing=tuple(file.name for file in spec.outputs if file.name not in given),
        refused=refused,
        stdout=Tail(answer.stdout, facts["stdout"]),
        stderr=Tail(answer.stderr, facts["stderr"]),
        isolation=replace(isolation, limits=limits),
        seconds=facts["seconds"],
        error=error_place(answer.stderr) if spec.reveal_errors and outcome is not Outcome.FINISHED else None,
    )


def outcome_of(facts: dict[str, Any], hits: set[str]) -> Outcome:
    """Return how the run ended; a limit that was met explains an exit other than 0, and never hides a good one."""
    if facts["cause"] in _CAUSES:
        return _CAUSES[facts["cause"]]
    if facts["exit"] != 0:
        if "memory" in hits:
            return Outcome.MEMORY
        if "processes" in hits:
            return Outcome.TOO_MANY_PROCESSES
        return Outcome.OUTPUT_TOO_LARGE if facts["full"] else Outcome.FAILED
    if Refused.TOO_LARGE in facts["refused"]:
        return Outcome.OUTPUT_TOO_LARGE
    return Outcome.UNDECLARED_OUTPUT if facts["refused"] else Outcome.FINISHED


def error_place(stderr: bytes) -> ErrorPlace | None:
    """Return class and place from a Python traceback's tail: the innermost line of the user's own code, never the message."""
    text = stderr.decode(errors="replace")
    places = _PLACE.findall(text)
    errors = [
        found[1] for line in text.splitlines() if (found := _ERROR.match(line)) and found[1] != "Traceback"
    ]
    if not places or not errors:
        return None
    path, line = places[-1]
    return ErrorPlace(errors[-1], path, int(line))
