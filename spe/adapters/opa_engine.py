"""The policy engine in production: an OPA server with our signed bundle, asked through opa-python-client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from opa_client.opa import OpaClient

from spe.adapters.opa_state import Loaded, loaded
from spe.adapters.opa_wire import Slow, StrictSession, Unreadable
from spe.errors import Malformed
from spe.policy import unasked
from spe.policy.archive import EACH
from spe.policy.bundle import ENTRYPOINT
from spe.policy.unasked import Unasked

T = TypeVar("T")
_PAUSE: Final = 0.05
_ATTEMPTS: Final = 3
_ANSWER: Final = frozenset({"result", "decision_id"})
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
MALFORMED: Final = b"malformed"
UNDEFINED: Final = b"{}"


@dataclass(frozen=True, slots=True)
class OpaAddress:
    """Where the server is; files of PEM: who vouches for it, and what we show it of ourselves."""

    host: str
    port: int
    tls: bool
    ca: str = ""
    certificate: str = ""
    key: str = ""


def opa_address(url: str, ca: str = "", certificate: str = "", key: str = "") -> OpaAddress:
    """Return the address that `url` names; `Malformed` where it isn't one, or a server elsewhere would be asked in clear."""
    parts = urlsplit(url)
    try:
        port = parts.port or 8181
    except ValueError:
        port = 0
    plain = (parts.path in {"", "/"}, not parts.query, not parts.fragment, not parts.username, port > 0)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not all(plain):
        raise Malformed("SPE_POLICY_URL: must be like https://opa.example.org:8181")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise Malformed("SPE_POLICY_URL: a policy server elsewhere is asked by https only")
    return OpaAddress(parts.hostname, port, parts.scheme == "https", ca, certificate, key)


class _Client(OpaClient):  # type: ignore[misc] # it has no types
    """The client with our session in the place that it has for one."""

    def __init__(self, address: OpaAddress, connections: int) -> None:
        self.session = StrictSession(connections)
        super().__init__(host=address.host, port=address.port, ssl=address.tls, retries=0)
        self.session.verify = address.ca or True
        self.session.cert = (address.certificate, address.key) if address.certificate else None

    def _init_session(self) -> requests.Session:
        return self.session


class OpaEngine:
    """One client for all threads: up to `connections` at once; a question is answered in `seconds` or not at all."""

    def __init__(
        self, address: OpaAddress, seconds: float, connections: int, *, pause: float = _PAUSE
    ) -> None:
        self._seconds = seconds
        self._pause = pause
        self._client = _Client(address, connections)

    def ask(self, document: Mapping[str, Any]) -> bytes:
        """Return the decision as the server gave it; `Unasked` says why there is none."""
        return self.ask_each([document])[0]

    def ask_each(self, documents: Sequence[Mapping[str, Any]]) -> list[bytes]:
        """Return the decisions as the server gave them in one exchange; `Unasked` says why there are none."""
        end, alone = time.monotonic() + self._seconds, len(documents) == 1
        asked = documents[0] if alone else {"questions": list(documents)}
        answer = self._again(lambda: self._query(ENTRYPOINT if alone else EACH, asked), end)
        if answer is None or set(answer) - _ANSWER:
            return [MALFORMED] * len(documents)
        if "result" not in answer:
            self._explain(end)
            return [UNDEFINED] * len(documents)
        results = [answer["result"]] if alone else answer["result"]
        if type(results) is not list or len(results) != len(documents):
            return [MALFORMED] * len(documents)
        return [json.dumps(result).encode() for result in results]

    def loaded(self) -> Loaded:
        """Return what the server says of the bundle that it has; `Unasked` when it does not say anything."""
        return self._loaded(time.monotonic() + self._seconds)

    def close(self) -> None:
        """End the connections."""
        self._client.close_connection()

    def _loaded(self, end: float) -> Loaded:
        return loaded(self._again(lambda: _status(self._client), end))

    def _query(self, entrypoint: str, asked: Mapping[str, Any]) -> Any:
        package, _, rule = entrypoint.rpartition("/")
        return self._client.query_rule(dict(asked), package.replace("/", "."), rule)

    def _explain(self, end: float) -> None:
        """Say which bundle is missing that would have given an answer, if one is."""
        found = self._loaded(end)
        if found.fault is not None:
            raise Unasked(found.fault, found.said)

    def _again(self, exchange: Callable[[], Any], end: float) -> Any:
        """Do the exchange, again when the server only just went away; None stands for a body that can't be read."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._client.session.until(end):
                    return exchange()
            except Unreadable:
                if time.monotonic() < end:
                    return None
                raise _late() from None
            except requests.RequestException as cause:
                fault = _fault(cause, end)
                if fault.code != unasked.UNREACHABLE or not self._more(attempt, end):
                    raise fault from None
        raise AssertionError("the last attempt returns or raises")

    def _more(self, attempt: int, end: float) -> bool:
        if attempt == _ATTEMPTS or time.monotonic() + self._pause >= end:
            return False
        time.sleep(self._pause)
        return True


def _late() -> Unasked:
    return Unasked(unasked.LATE, "the policy server did not answer in time")


def _fault(cause: Exception, end: float) -> Unasked:
    if isinstance(cause, requests.HTTPError) and cause.response is not None:
        status = cause.response.status_code
        if status == requests.codes.server_error:
            return Unasked(unasked.FAILED, "the policy server failed over the rules")
        return Unasked(unasked.UNREACHABLE, f"the policy server answered with {status}")
    if isinstance(cause, requests.Timeout | Slow) or time.monotonic() >= end:
        return _late()
    return Unasked(unasked.UNREACHABLE, "the policy server can't be reached")


def _status(client: OpaClient) -> Any:
    """Return the status document; True or False where a server without one says whether it has every bundle."""
    try:
        return client.get_status()
    except requests.HTTPError:
        return bool(client.check_health({"bundles": True}))
