"""The witness over HTTP (C2SP tlog-witness): `POST /add-checkpoint`.

Beside the standard, for whoever wants to compare: `GET /logs/SHA256-OF-ORIGIN/checkpoint` is the last head that was
cosigned, `GET /alarms` the checkpoints of logs that signed two histories.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from spe.errors import Unreachable
from spe.witness.judge import Witness
from spe.witness.question import LARGEST_QUESTION

_PATIENCE = 10.0
_SIZE = "text/x.tlog.size"


def create_app(witness: Witness) -> Starlette:
    """Return the application of one witness."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await asyncio.wait_for(_body(request), _PATIENCE)
        except TimeoutError:
            return PlainTextResponse("the request did not come in time\n", 408)
        if body is None:
            return PlainTextResponse("the request is too large\n", 413)
        try:
            answer = await run_in_threadpool(witness.add, body)
        except Unreachable as error:
            return PlainTextResponse(f"{error}\n", 503)
        # The standard's type is without a charset, which a media type that begins with text/ would be given.
        headers = {"Content-Type": _SIZE if answer.is_size else "text/plain; charset=utf-8"}
        return Response(answer.text, int(answer.status), headers)

    async def last(request: Request) -> Response:
        head = witness.last(request.path_params["log"])
        if head is None:
            return PlainTextResponse("nothing of such a log was cosigned here\n", 404)
        return PlainTextResponse(head)

    async def alarms(_request: Request) -> Response:
        found = await run_in_threadpool(witness.alarms)
        return JSONResponse(
            {
                "alarms": [
                    {
                        "origin": one.origin,
                        "checkpoints": list(one.evidence),
                        "sha256": [sha256(note.encode()).hexdigest() for note in one.evidence],
                    }
                    for one in found
                ]
            }
        )

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/logs/{log}/checkpoint", last, methods=["GET"]),
            Route("/alarms", alarms, methods=["GET"]),
        ]
    )


async def _body(request: Request) -> bytes | None:
    """Return the body, or None once it is larger than any question may be."""
    sent = bytearray()
    try:
        async for chunk in request.stream():
            sent += chunk
            if len(sent) > LARGEST_QUESTION:
                return None
    except ClientDisconnect:
        return b""
    return bytes(sent)
