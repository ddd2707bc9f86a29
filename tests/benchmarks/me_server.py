"""Serves what `bench_me` asks, on core 0: `python -m tests.benchmarks.me_server KIND HOME`; prints its port, ends with its input.

KIND: `raw`, an ASGI application that answers the same bytes at once; `counted`, ours; `each`, ours with an entry for each look.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvicorn

from spe.web import main as ours
from spe.web.own import OwnLooks
from spe.web.serving import bounded
from tests.world import settings_for

BODY = "body"


def raw(body: bytes) -> Any:
    """Return an application that has its answer ready."""
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
    }
    end = {"type": "http.response.body", "body": body}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise ValueError("no lifespan here")
        await send(start)
        await send(end)

    return app


def main(kind: str, home: Path) -> None:
    """Serve until the input ends."""
    os.sched_setaffinity(0, {0})
    with ExitStack() as closing, socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        if kind == "raw":
            app = raw((home / BODY).read_bytes())
        else:
            app = closing.enter_context(ours.opened(settings_for(home)))
        if kind == "each":
            OwnLooks.again = lambda *_: False  # type: ignore[method-assign]
        server = uvicorn.Server(bounded(app, "127.0.0.1", 0))
        threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        asyncio.run(server.serve(sockets=[listener]))


def _end_with_input(server: Any) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
