"""Bodies of calls: bounded while they are read, strict JSON, then the one strict decoder."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import math
import re
import threading
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Generic, NoReturn, TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from spe.errors import IntegrityFailure, Malformed, Unreachable
from spe.values import LARGEST_INTEGER, from_data

T = TypeVar("T")
JSON_LIMIT = 1 << 20
PROJECT_LIMIT = 5 << 20
TABLE_LIMIT = 16 << 20
_DIGITS = 17
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_PATIENCE = 60.0
MOST_VALUES = 400_000
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[,\[{]', re.DOTALL)
"""A text or a beginning of a value; possessive, and a text that does not end ends with the body: no second look at a byte."""
_RECEIVING = threading.BoundedSemaphore(8)
"""How many bodies at once may hold a thread while they come; of those there are forty, for everybody."""


class TooLarge(Malformed):
    """The body is larger than this call takes."""

    title = "Too large"


class WrongMediaType(Malformed):
    """The body is of another media type than this call takes."""

    title = "Another media type is expected"


class JsonBody(Generic[T]):
    """A dependency that reads a JSON body as a `kind`; `limit` in bytes."""

    media_type = "application/json"

    def __init__(self, kind: type[T], limit: int = JSON_LIMIT) -> None:
        self.kind = kind
        self._limit = limit

    async def __call__(self, request: Request) -> T:
        """Return the decoded body; `Malformed` names what does not fit."""
        sent = await read(request, self.media_type, self._limit)
        return await run_in_threadpool(lambda: from_data(self.kind, parse_json(sent), "body"))


class TextBody:
    """A dependency that reads a UTF-8 text body of one media type; `limit` in bytes."""

    def __init__(self, media_type: str, limit: int) -> None:
        self.media_type = media_type
        self._limit = limit

    async def __call__(self, request: Request) -> str:
        """Return the text."""
        sent = await read(request, self.media_type, self._limit)
        try:
            return sent.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("body: must be UTF-8 text") from None


class Chunks:
    """A body that is read while it is used, from the thread that uses it, and checked against its announced digest."""

    def __init__(self, request: Request, limit: int, announced: bytes) -> None:
        self._stream = request.stream()
        self._loop = asyncio.get_running_loop()
        self._limit = limit
        self._announced = announced

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body; at its end raise `IntegrityFailure` unless it is what `Content-Digest` announced."""
        if not _RECEIVING.acquire(blocking=False):
            raise Unreachable("as much is being received as can be: send this again a little later")
        try:
            yield from self._received()
        finally:
            _RECEIVING.release()

    def _received(self) -> Iterator[bytes]:
        seen, size = sha256(), 0
        while (chunk := self._next()) is not None:
            seen.update(chunk)
            size += len(chunk)
            if size > self._limit:
                raise TooLarge(f"body: at most {self._limit} bytes")
            if chunk:
                yield chunk
        if seen.digest() != self._announced:
            raise IntegrityFailure("the bytes that came are not those that Content-Digest announced")

    def _next(self) -> bytes | None:
        coming = asyncio.run_coroutine_threadsafe(self._pull(), self._loop)
        try:
            return coming.result(_PATIENCE)
        except TimeoutError:
            coming.cancel()
            raise Malformed("the body did not come in time") from None

    async def _pull(self) -> bytes | None:
        return await anext(self._stream, None)


class StreamBody:
    """A dependency that hands the body on as it comes; the call must announce its SHA-256 (RFC 9530)."""

    def __init__(self, media_type: str, limit: int) -> None:
        self.media_type = media_type
        self._limit = limit

    async def __call__(self, request: Request) -> Chunks:
        """Return the body's chunks; the announced digest stands for the body in the idempotency key's digest."""
        _expect_type(request, self.media_type)
        _expect_size(request, self._limit)
        announced = _announced(request.headers.get("content-digest", ""))
        request.state.sent = announced
        return Chunks(request, self._limit, announced)


async def read(request: Request, media_type: str, limit: int) -> bytes:
    """Return the whole body of at most `limit` bytes, and keep its digest for the call's idempotency."""
    _expect_type(request, media_type)
    _expect_size(request, limit)
    sent = bytearray()
    async for chunk in request.stream():
        sent += chunk
        if len(sent) > limit:
            raise TooLarge(f"body: at most {limit} bytes")
    request.state.sent = sha256(sent).digest()
    return bytes(sent)


def parse_json(data: bytes) -> Any:
    """Return the JSON value of UTF-8 bytes; no name twice, no NaN or infinity, no integer beyond 2^53-1."""
    if len(data) > JSON_LIMIT:
        _bound_values(data)
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        raise Malformed("body: must be UTF-8") from None
    except json.JSONDecodeError as cause:
        raise Malformed(f"body: {cause.msg} in line {cause.lineno}, column {cause.colno}") from None
    except RecursionError:
        raise Malformed("body: must be less deeply nested") from None


def _bound_values(data: bytes) -> None:
    """Raise `Malformed` for more values than memory is given for: a value takes fifty times its two bytes."""
    for at, _ in enumerate(_TOKEN.finditer(data)):
        if at > MOST_VALUES:
            raise Malformed(f"body: holds more than {MOST_VALUES} values")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("body: a name occurs twice in an object")
    return members


def _integer(text: str) -> int:
    # Python's own conversion is quadratic in the number of digits, so length is judged first.
    if len(text) > _DIGITS or abs(int(text)) > LARGEST_INTEGER:
        raise Malformed("body: an integer is beyond 2^53-1")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _constant(text[:20])


def _constant(text: str) -> NoReturn:
    raise Malformed(f"body: {text} is no JSON number")


def _expect_type(request: Request, media_type: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise WrongMediaType(f"Content-Type must be {media_type}")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise WrongMediaType("Content-Encoding is not taken: send the body as it is")


def _expect_size(request: Request, limit: int) -> None:
    """Raise `TooLarge` before a byte is read of a body that announces itself as too large."""
    announced = request.headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdecimal()):
        raise Malformed("Content-Length must be a number")
    if len(announced) > _DIGITS or int(announced) > limit:
        raise TooLarge(f"body: at most {limit} bytes")


def _announced(header: str) -> bytes:
    found = _DIGEST.fullmatch(header.strip())
    try:
        return base64.b64decode(found[1], validate=True) if found else _no_digest()
    except binascii.Error:
        _no_digest()


def _no_digest() -> NoReturn:
    raise Malformed("Content-Digest must read sha-256=:BASE64: (RFC 9530), of the bytes that follow")
