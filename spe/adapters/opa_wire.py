"""How we talk HTTP with a policy server: nothing is followed, unpacked, guessed or read past its bound.

`opa-python-client` asks through this session. It takes no proxy, password or certificate from the environment, keeps no
cookie, and hands on a body only when it is one JSON object in plain UTF-8 in which no name occurs twice.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, NoReturn

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from spe.adapters.opa_watch import Watch, watched_pools
from spe.errors import Malformed
from spe.policy.judge import LARGEST_ANSWER

LARGEST_BODY: Final = LARGEST_ANSWER + 4096
LARGEST_QUESTION: Final = 8 << 20
_CHUNK: Final = 1 << 16


class Unreadable(requests.RequestException):
    """A body is no answer of a policy server."""


class Slow(requests.RequestException):
    """A body did not end in time."""


class StrictResponse(requests.Response):
    """A response that was read whole; its JSON is read strictly."""

    def json(self, **_kwargs: Any) -> dict[str, Any]:
        """Return the JSON object in the body; `Unreadable` for anything else."""
        return read_object(self.content)


class StrictSession(requests.Session):
    """The session of one client, with at most `connections` exchanges at once."""

    def __init__(self, connections: int) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["Accept-Encoding"] = "identity"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._watch = Watch()
        self._places = threading.BoundedSemaphore(connections)
        self._end = threading.local()
        self.mount("http://", _StrictAdapter(self._watch, connections))
        self.mount("https://", _StrictAdapter(self._watch, connections))

    @contextmanager
    def until(self, end: float) -> Iterator[None]:
        """Give what this thread asks in the block until `end`, a reading of the monotonic clock; else it is `Slow`."""
        if not self._places.acquire(timeout=max(0.0, end - time.monotonic())):
            raise Slow("too many questions wait for the policy server")
        self._end.value = end
        try:
            with self._watch.until(end):
                yield
        finally:
            self._places.release()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Return the response, its body read up to the bound; `Unreadable` or `Slow` where it breaks one.

        `requests.HTTPError`: its status is any other than 200. `Malformed`: what was to be sent is too long.
        """
        if isinstance(request.body, bytes) and len(request.body) > LARGEST_QUESTION:
            raise Malformed(f"a question is over {LARGEST_QUESTION} bytes")
        end: float = self._end.value
        kwargs |= {"stream": True, "allow_redirects": False, "timeout": max(0.001, end - time.monotonic())}
        try:
            return _whole(super().send(request, **kwargs), end)
        except ReadTimeoutError:
            raise Slow("the server says nothing more") from None
        except (HTTPError, HTTPException, ValueError) as cause:
            raise requests.ConnectionError("the server speaks no HTTP") from cause

    def close(self) -> None:
        """End the connections."""
        self._watch.close()
        super().close()

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return nothing: no answer leads elsewhere."""


class _StrictAdapter(HTTPAdapter):
    def __init__(self, watch: Watch, connections: int) -> None:
        self._watch = watch
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = watched_pools(self._watch)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        response.__class__ = StrictResponse
        return response


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`; `Unreadable` for anything that another reader might read otherwise."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_members, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON in UTF-8") from None
    if type(value) is not dict:
        raise Unreadable("not an object")
    return value


def _whole(response: requests.Response, end: float) -> requests.Response:
    try:
        response._content = _body(response, end)  # noqa: SLF001 - where requests keeps what it has read
        response._content_consumed = True  # noqa: SLF001
    except BaseException:
        response.close()
        raise
    return response


def _body(response: requests.Response, end: float) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unreadable("packed, though that was not asked for")
    parts, size = [], 0
    while part := response.raw.read1(_CHUNK, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise Unreadable("too long")
        if time.monotonic() > end:
            raise Slow("the body did not end in time")
    response.raw.release_conn()
    if response.status_code != requests.codes.ok:
        raise requests.HTTPError("an answer comes with status 200 only", response=response)
    return b"".join(parts)


def _members(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unreadable("a name occurs twice")
    return members


def _refuse(_: str) -> NoReturn:
    raise Unreadable("a number that is none")
