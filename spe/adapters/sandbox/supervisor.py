"""One run's trusted supervisor: stages the files, starts bubblewrap, watches it, hands the outputs over.

It is forked for one run from a small process without other threads (`zygote`), imports the standard library only, and holds
no privilege over anything but its own namespaces. bubblewrap is process 1 of a pid namespace made here, so killing it is
enough: the kernel ends whatever else runs in there before the wait for it returns.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from typing import Any, BinaryIO

from spe.adapters.sandbox import collect, frames, stage
from spe.adapters.sandbox.arguments import command_line
from spe.adapters.sandbox.launch import go, prepare
from spe.adapters.sandbox.watch import End, watch

Job = dict[str, Any]


class Lost(Exception):
    """A step of the set-up failed; `step` says which, so that people get the right remedy."""

    def __init__(self, step: str, cause: OSError | frames.BrokenFrame) -> None:
        super().__init__(f"{step}: {cause}")
        self.step, self.cause = step, cause


def supervise(channel: socket.socket, joins: list[int], seccomp: bytes) -> None:
    """Do one run for the worker at the other end of `channel`; whatever goes wrong is told in a failure frame."""
    try:
        _run(channel, joins, seccomp)
    except Lost as lost:
        number = getattr(lost.cause, "errno", None)
        _tell(channel, frames.FAILURE, {"step": lost.step, "errno": number, "message": str(lost.cause)})


def _run(channel: socket.socket, joins: list[int], seccomp: bytes) -> None:
    """Prepare all that needs no job, then wait for one: the worker asks ahead, so that a run starts at once."""
    runtime = json.loads(_attempt("job", frames.receive, channel)[1])["runtime"]
    _attempt("namespaces", stage.enter, runtime)
    launch = _attempt("launch", prepare, seccomp, joins)
    try:
        job: Job = json.loads(frames.receive(channel)[1])
    except frames.BrokenFrame:
        return  # never needed; the waiting child ends with this process
    sizes = [job[name] for name in ("input_bytes", "inputs", "output_bytes", "file_bytes", "files")]
    _attempt("folders", stage.mount_folders, *sizes)
    _attempt("inputs", _take_inputs, channel, job)
    environment = tuple((name, value) for name, value in job["environment"])
    line = command_line(
        job["bwrap"], stage.ROOT, environment, tuple(job["argv"]), launch.filter_fd, launch.gate_fd
    )
    _attempt("bubblewrap", go, launch, line, job["rlimits"])
    end = watch(launch, channel, job["wall_seconds"], job["watch_bytes"], count=job["most_tasks"] > 0)
    _report(channel, job, end)


def _attempt(step: str, action: Any, *arguments: Any) -> Any:
    try:
        return action(*arguments)
    except (OSError, frames.BrokenFrame) as cause:
        raise Lost(step, cause) from None


def _take_inputs(channel: socket.socket, job: Job) -> None:
    for path, mode, size in job["take"]:
        stage.write(path, mode, _chunks(channel, size))
    stage.seal_job()


def _chunks(channel: socket.socket, size: int) -> Iterator[bytes]:
    while size > 0:
        _, chunk = frames.receive(channel)
        size -= len(chunk)
        if size < 0:
            raise frames.BrokenFrame("a file is longer than announced")
        yield chunk


def _report(channel: socket.socket, job: Job, end: End) -> None:
    refused: dict[str, int] = {}
    if end.cause == "exited":

        def give(name: str, size: int, file: BinaryIO) -> None:
            _tell(channel, frames.OUTPUT, {"name": name, "size": size})
            while chunk := file.read(1 << 18):
                frames.send(channel, frames.BYTES, chunk)

        refused = dict(collect.collect(stage.OUTPUTS, dict(job["outputs"]), give))
    facts = {
        "cause": end.cause,
        "exit": end.exit_code,
        "seconds": end.seconds,
        "stdout": end.stdout.total,
        "stderr": end.stderr.total,
        "refused": refused,
        "crowded": 0 < job["most_tasks"] <= end.most_tasks,
        "full": stage.outputs_are_full(),
        "user": os.geteuid(),
    }
    words = [(frames.STDOUT, end.stdout.last), (frames.STDERR, end.stderr.last)]
    frames.send_together(channel, [*words, (frames.DONE, json.dumps(facts).encode())])
    _let_worker_go_first(channel)


def _let_worker_go_first(channel: socket.socket) -> None:
    """Wait until the worker closes: the end of this process takes mounts down, on the core that the worker would wake on."""
    channel.recv(1)


def _tell(channel: socket.socket, kind: bytes, facts: dict[str, Any]) -> None:
    frames.send(channel, kind, json.dumps(facts).encode())
