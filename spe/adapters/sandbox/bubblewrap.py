"""The worker's side of the embedded sandbox: builds the job, streams it in, streams the outputs back."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from threading import Event
from typing import Any

from spe.adapters.sandbox import cgroups, diagnosis, frames, seccomp, stage
from spe.adapters.sandbox.arguments import NAMESPACES
from spe.adapters.sandbox.channel import Answer, Channel, Stopped
from spe.adapters.sandbox.nursery import Nursery, Place
from spe.adapters.sandbox.record import NEVER_RAN, held_limits, result_of
from spe.errors import IntegrityFailure, Malformed, SpeError, Unreachable
from spe.workspace.sandbox import (
    Isolation,
    Limits,
    RuntimeRef,
    SandboxResult,
    SandboxSpec,
)

_PROBE = SandboxSpec(RuntimeRef("0" * 64), ("/usr/bin/true",), (), limits=Limits(wall_seconds=20.0))
_PAGE = 4096
_OVERHEAD = 3  # bubblewrap itself, its process 1 inside, and one more while it starts
_UNSEEN = 1  # the supervisor, which counts against the rlimit and is not among those that it looks at
_BEHIND = 16  # the rlimit stands behind the control group, which is the one that counts its refusals


class BubblewrapSandbox:
    """Runs specs in bubblewrap; `runtime_path` gives the folder of an admitted runtime.

    Thread-safe. `close()` ends its zygote; one that died is replaced at the next run. Without `control_groups` memory and
    processes are held by rlimits even where a control group could be made.
    """

    def __init__(
        self,
        runtime_path: Callable[[RuntimeRef], Path],
        bwrap: str | None = None,
        *,
        control_groups: bool = True,
    ) -> None:
        self._runtime_path = runtime_path
        self._bwrap = bwrap or which("bwrap", path="/usr/bin:/bin:/usr/local/bin")
        self._nursery = Nursery(control_groups=control_groups)
        self._found: Isolation | None = None

    def close(self) -> None:
        """End the zygote; runs that are still going on end with it."""
        self._nursery.close()

    def probe(self) -> Isolation:
        """Really start a sandbox on the host's own programs; raises `Unreachable` with cause and remedy."""
        result = self._start(_PROBE, None, Event())
        if result.exit_code != 0:
            raise Unreachable(
                diagnosis.explain("probe", None, result.stderr.last.decode(errors="replace")[-400:])
            )
        return result.isolation

    def run(self, spec: SandboxSpec, stop: Event) -> SandboxResult:
        """Run `spec` until it ends, meets a limit or `stop` is set; see the port for what is promised."""
        return self._start(spec, self._runtime_path(spec.runtime), stop)

    def _start(self, spec: SandboxSpec, runtime: Path | None, stop: Event) -> SandboxResult:
        isolation, bwrap = self._isolation()
        place = self._nursery.take(runtime)
        try:
            for group in place.groups:
                group.hold(spec.limits)
            return _converse(spec, bwrap, place, stop, isolation, lambda: self._nursery.get_ready(runtime))
        finally:
            place.leave()

    def _isolation(self) -> tuple[Isolation, str]:
        if self._bwrap is None:
            raise Unreachable(diagnosis.explain("bubblewrap-missing", None, ""))
        if self._found is None:
            self._found = _find_isolation(self._bwrap)
        return self._found, self._bwrap


def _find_isolation(bwrap: str) -> Isolation:
    try:
        done = subprocess.run([bwrap, "--version"], capture_output=True, timeout=20, check=True, text=True)
    except (OSError, subprocess.SubprocessError) as cause:
        raise Unreachable(f"{bwrap} does not run: {cause}") from None
    machine = platform.machine()
    try:
        digest = hashlib.sha256(seccomp.program(machine)).hexdigest()
    except KeyError:
        raise Unreachable(
            f"there is no system-call filter for {machine}; x86_64 and aarch64 have one"
        ) from None
    user = "own user, dropped from root" if stage.drops_root() else "the worker's own unprivileged user"
    return Isolation(done.stdout.strip(), NAMESPACES, f"sha256:{digest}", user)


def _converse(
    spec: SandboxSpec,
    bwrap: str,
    place: Place,
    stop: Event,
    isolation: Isolation,
    while_it_runs: Callable[[], None],
) -> SandboxResult:
    channel = Channel(place.channel, stop)
    try:
        channel.send(frames.JOB, _job(bwrap, spec, place.groups))
        _send_files(channel, spec)
    except (Stopped, OSError):
        channel.stop()
    while_it_runs()
    answer = channel.answer(spec)
    if answer.failure is not None and stop.is_set():
        answer = Answer(facts=NEVER_RAN)
    if answer.failure is not None:
        raise _failure(answer.failure)
    limits = held_limits(spec.limits, place.groups, answer.facts)
    if answer.facts["cause"] == "failed_to_start" and not any(limit.hit for limit in limits):
        message = answer.stderr.decode(errors="replace")[-400:].strip()
        raise _failure({"step": "bubblewrap", "message": message})
    return result_of(spec, answer, isolation, limits)


def _send_files(channel: Channel, spec: SandboxSpec) -> None:
    for code in spec.code:
        _stream(channel, code.path, len(code.content), iter((code.content,)))
    _stream(channel, "parameters.json", len(spec.parameters), iter((spec.parameters,)))
    for data in spec.data:
        _stream(channel, data.name, data.size, data.open())


def _job(bwrap: str, spec: SandboxSpec, groups: tuple[cgroups.Group, ...]) -> bytes:
    limits, held = spec.limits, {name for group in groups for name in group.holds}
    take = [(f"code/{file.path}", file.mode, len(file.content)) for file in spec.code]
    take.append(("parameters.json", 0o444, len(spec.parameters)))
    take += [(f"data/{file.name}", 0o444, file.size) for file in spec.data]
    job = {
        "bwrap": bwrap,
        "argv": spec.argv,
        "environment": spec.environment,
        "take": take,
        "input_bytes": sum(-(-size // _PAGE) * _PAGE for _, _, size in take),
        "inputs": sum(1 + path.count("/") for path, _, _ in take),
        "outputs": [(file.name, file.max_bytes) for file in spec.outputs],
        "output_bytes": limits.output_bytes,
        "file_bytes": limits.file_bytes,
        "files": limits.files,
        "wall_seconds": limits.wall_seconds,
        "rlimits": {
            "memory": 0 if "memory" in held else limits.memory_bytes,
            "file": limits.file_bytes,
            "open_files": limits.open_files,
            "processes": limits.processes + (_BEHIND if "processes" in held else _OVERHEAD),
        },
        "most_tasks": 0 if "processes" in held else limits.processes + _OVERHEAD - _UNSEEN,
        "watch_bytes": 0 if "memory" in held else limits.memory_bytes,
    }
    told = json.dumps(job).encode()
    if len(told) > frames.MOST:
        raise Malformed("there are too many files, variables or arguments for one run")
    return told


def _stream(channel: Channel, name: str, size: int, chunks: Iterator[bytes]) -> None:
    """Send exactly `size` bytes; a source that gives more or less is an integrity failure, told before the run starts."""
    for chunk in chunks:
        size -= len(chunk)
        if size < 0:
            raise IntegrityFailure(f"{name} is longer than its declared size")
        channel.send_bytes(chunk)
    if size > 0:
        raise IntegrityFailure(f"{name} is shorter than its declared size")


def _failure(facts: dict[str, Any]) -> SpeError:
    return Unreachable(diagnosis.explain(str(facts["step"]), facts.get("errno"), str(facts["message"])))
