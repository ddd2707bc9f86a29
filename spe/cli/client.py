"""The one HTTP client of the command line."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from spe.cli.failure import STEP_UP, ApiProblem
from spe.cli.options import at_end, options, secret_file
from spe.errors import IntegrityFailure, Malformed, NotSignedIn, Unreachable

_TIMEOUT = httpx2.Timeout(60.0, connect=5.0)
_ATTEMPTS = 3
_PIECE = 1 << 20


class Api:
    """Calls the server as whoever the options name; writes carry one idempotency key over their repetitions."""

    def __init__(self) -> None:
        chosen = options()
        self._here = _is_here(chosen.url)
        self._http = httpx2.Client(
            base_url=chosen.url,
            timeout=_TIMEOUT,
            headers={"Accept-Language": chosen.language},
            trust_env=False,
            # Nothing to verify in clear on loopback, and loading certificates takes longer than the call.
            verify=chosen.url.startswith("https://"),
        )
        self._token = ""
        at_end(self._http.close)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Return a JSON answer."""
        return _data(self._send("GET", path, params=query))

    def ask(self, path: str) -> dict[str, Any]:
        """Return a JSON answer that anybody may have, without signing in."""
        try:
            return _data(_judged(self._http.get(path)))
        except httpx2.TransportError as cause:
            raise _unreachable() from cause

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """Send a JSON body, or none, and return the answer."""
        sent = {} if body is None else {"json": body}
        return _data(self._send("POST", path, headers=_new_key(), **sent))

    def post_text(self, path: str, media_type: str, text: str) -> dict[str, Any]:
        """Send text and return the answer."""
        headers = {"Content-Type": media_type, **_new_key()}
        return _data(self._send("POST", path, headers=headers, content=text.encode()))

    def post_file(self, path: str, media_type: str, file: Path) -> dict[str, Any]:
        """Send a file as it is, announced by its digest, and return the answer."""
        digest = sha256()
        for piece in _pieces(file):
            digest.update(piece)
        announced = f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        headers = {"Content-Type": media_type, "Content-Digest": announced, **_new_key()}
        return _data(self._plainly("POST", path, headers=headers, content=_pieces(file)))

    def bytes(self, path: str) -> bytes:
        """Return an answer's bytes."""
        return self._send("GET", path).content

    def download(self, path: str, target: Path) -> str:
        """Write an answer to `target`, which must be new, and return its SHA-256; a digest sent along must fit."""
        with self._stream(path) as answer, _new_file(target) as file:
            digest = sha256()
            for piece in answer.iter_bytes():
                digest.update(piece)
                file.write(piece)
        said = answer.headers.get("repr-digest", "")
        if said and said != f"sha-256=:{base64.b64encode(digest.digest()).decode()}:":
            target.unlink()
            raise IntegrityFailure("the bytes that came are not those that the server announced")
        return digest.hexdigest()

    @contextmanager
    def _stream(self, path: str) -> Iterator[httpx2.Response]:
        try:
            with self._http.stream("GET", path, headers=self._signed_in()) as answer:
                if answer.is_error:
                    answer.read()
                yield _judged(answer)
        except httpx2.TransportError as cause:
            raise _unreachable() from cause

    def _send(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        for attempt in range(_ATTEMPTS - 1):
            try:
                return self._once(method, path, **sent)
            except Unreachable:
                time.sleep(0.3 * 2**attempt)
        return self._once(method, path, **sent)

    def _once(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        """Call once; where the server wants a fresh second factor, have it proven and repeat the same call."""
        try:
            return self._plainly(method, path, **sent)
        except ApiProblem as problem:
            if problem.name != STEP_UP:
                raise
            self._token = self._new_token(second_factor=True)
            return self._plainly(method, path, **sent)

    def _plainly(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> httpx2.Response:
        try:
            return _judged(
                self._http.request(method, path, headers={**self._signed_in(), **(headers or {})}, **sent)
            )
        except httpx2.TransportError as cause:
            raise _unreachable() from cause

    def _signed_in(self) -> Mapping[str, str]:
        self._token = self._token or self._new_token(second_factor=False)
        return {"Authorization": f"Bearer {self._token}"}

    def _new_token(self, *, second_factor: bool) -> str:
        chosen = options()
        if chosen.token_file is not None:
            return _read_token(chosen.token_file)
        if chosen.persona and not self._here:
            raise Malformed("--as works with the demo server on this machine only: its secret stays here")
        if not chosen.persona:
            return _signed_in_token(chosen.url, second_factor=second_factor)
        secret = _read_token(secret_file())
        try:
            answer = self._http.post(
                "/demo/token",
                json={"persona": chosen.persona, "second_factor": second_factor},
                headers={"X-Persona-Secret": secret},
            )
        except httpx2.TransportError as cause:
            raise _unreachable() from cause
        return str(_data(_judged(answer))["token"])


def _signed_in_token(url: str, *, second_factor: bool) -> str:
    """Return the access token of the sign-in at `url`; where a second factor is wanted, have both proven again."""
    from spe.cli.device_login import fresh, kept, sign_in

    found = kept(url)
    if found is None:
        raise NotSignedIn("say who you are: `spe login`, --token-file FILE, or on a demo server --as PERSONA")
    return sign_in(url, found.issuer, found.client).access if second_factor else fresh(found).access


def _is_here(url: str) -> bool:
    """Say whether the server is on this machine; `Malformed` for a URL that would carry tokens in clear elsewhere."""
    try:
        parts = urlsplit(url)
        here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    except ValueError:
        raise Malformed("--url must be a URL such as https://spe.example.eu") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Malformed("--url must be a URL such as https://spe.example.eu")
    if parts.scheme == "http" and not here:
        raise Malformed("--url must begin with https:// unless the server is on this machine")
    return here


def _judged(answer: httpx2.Response) -> httpx2.Response:
    """Return a good answer; raise the problem that the server told."""
    if not answer.is_error:
        return answer
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        raise ApiProblem(_data(answer))
    raise Unreachable(
        f"the server answered {answer.status_code} and not as spe does; is {options().url} right?"
    )


def _data(answer: httpx2.Response) -> dict[str, Any]:
    try:
        data = answer.json()
    except ValueError:
        raise Unreachable("the server's answer is no JSON") from None
    return data if isinstance(data, dict) else {"items": data}


def _unreachable() -> Unreachable:
    return Unreachable(
        f"the server at {options().url} can't be reached: start it with `spe serve`, or set --url"
    )


def _new_key() -> Mapping[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as handle:
            while piece := handle.read(_PIECE):
                yield piece
    except OSError as cause:
        raise Malformed(f"{file}: {cause.strerror}") from None


@contextmanager
def _new_file(target: Path) -> Iterator[Any]:
    try:
        file = target.open("xb")
    except OSError as cause:
        raise Malformed(f"{target}: {cause.strerror}") from None
    with file:
        yield file


def _read_token(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise NotSignedIn(f"{path} can't be read: is the demo server running, and is it yours?") from None
