"""A small process without threads, from which one supervisor is forked per run: a fork costs a tenth of a Python start.

It holds no data, reads nothing but descriptors from the worker's socket and ends when that socket closes. Everything is
imported here, before a supervisor gives up the right to read the folder of this package.
"""

from __future__ import annotations

import gc
import os
import platform
import signal
import socket
import sys

from spe.adapters.sandbox import seccomp, supervisor

_MOST_DESCRIPTORS = 8


def serve(worker: socket.socket) -> None:
    """Fork a supervisor for every set of descriptors received: its channel first, then cgroup.procs files to join."""
    program = seccomp.program(platform.machine())
    gc.freeze()  # what a collection touches would be copied in every supervisor
    gc.disable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(worker, 1, _MOST_DESCRIPTORS)
        if not message:
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        if os.fork() == 0:
            _supervise(worker, descriptors, program)
        for descriptor in descriptors:
            os.close(descriptor)


def _supervise(worker: socket.socket, descriptors: list[int], program: bytes) -> None:
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        worker.close()
        os.setsid()
        supervisor.supervise(socket.socket(fileno=descriptors[0]), descriptors[1:], program)
        status = 0
    except OSError:
        pass  # the worker is gone, and with it everybody who could be told
    finally:
        os._exit(status)


def main() -> None:
    """Serve on the socket whose descriptor is the first argument."""
    serve(socket.socket(fileno=int(sys.argv[1])))
