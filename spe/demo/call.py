"""The two public ways in: the API over HTTP, and the command line as a process of its own."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from spe.demo.answers import Answer, code_of
from spe.errors import Unreachable

_SECONDS = 60.0
_PAUSE = 0.1
_ATTEMPTS = 3
_UNREACHABLE = 503
_STEP_UP = "urn:spe:problem:second-factor-needed"


class SignIn(Protocol):
    """How the people of the tour prove who they are."""

    def token(self, who: str, *, second_factor: bool) -> str:
        """Return an access token, one with a second factor proven just now where that is wanted."""
        ...

    def typing(self, who: str) -> Mapping[str, str]:
        """Return the variables by which the command line knows who types."""
        ...


class Api:
    """The API as people call it; where it wants a fresh second factor, they prove it and call again."""

    def __init__(self, url: str, sign_in: SignIn) -> None:
        self._url = url
        self._sign_in = sign_in

    def get(self, who: str, path: str) -> Answer:
        """Read something."""
        return self._call(who, "GET", path, None, {})

    def post(self, who: str, path: str, body: Mapping[str, Any] | None = None, key: str = "") -> Answer:
        """Do something, once for each idempotency key."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        if body is None:
            return self._call(who, "POST", path, b"", headers)
        sent = json.dumps(body).encode()
        return self._call(who, "POST", path, sent, {**headers, "Content-Type": "application/json"})

    def post_csv(self, who: str, path: str, sent: bytes) -> Answer:
        """Send a table, announced by its digest."""
        digest = base64.b64encode(sha256(sent).digest()).decode()
        headers = {
            "Idempotency-Key": secrets.token_hex(16),
            "Content-Type": "text/csv",
            "Content-Digest": f"sha-256=:{digest}:",
        }
        return self._call(who, "POST", path, sent, headers)

    def content(self, who: str, path: str) -> bytes:
        """Return a file; `Unreachable` where it is refused."""
        status, content = send("GET", self._url + path, None, self._signed_in(who))
        if status >= 400:
            raise Unreachable(f"{path} was refused with {status}")
        return content

    def until(
        self, who: str, path: str, ready: Callable[[Mapping[str, Any]], bool], within: float = 30.0
    ) -> Answer:
        """Return the first answer that is `ready`, or the last one there was."""
        end = time.monotonic() + within
        while True:
            answer = self.get(who, path)
            done = answer.code == 0 and ready(answer.data)
            if done or time.monotonic() > end:
                return answer
            time.sleep(_PAUSE)

    def _call(
        self, who: str, method: str, path: str, sent: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        answer = self._answered(method, path, sent, {**self._signed_in(who), **headers})
        if answer.data.get("type") != _STEP_UP:
            return answer
        fresh = self._signed_in(who, second_factor=True)
        return self._answered(method, path, sent, {**fresh, **headers})

    def _answered(self, method: str, path: str, sent: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Call, and call again where a part that is needed did not answer, as the command line does: it is done once."""
        status, content = send(method, self._url + path, sent, headers)
        for attempt in range(1, _ATTEMPTS):
            if status != _UNREACHABLE:
                break
            time.sleep(_PAUSE * attempt)
            status, content = send(method, self._url + path, sent, headers)
        data = json.loads(content) if content else {}
        data = data if isinstance(data, dict) else {"items": data}
        return Answer(0 if status < 400 else code_of(data), data)

    def _signed_in(self, who: str, *, second_factor: bool = False) -> Mapping[str, str]:
        if not who:
            return {}
        return {"Authorization": f"Bearer {self._sign_in.token(who, second_factor=second_factor)}"}


def send(method: str, url: str, sent: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Call a server on this machine and return status and body; `Unreachable` where it doesn't answer."""
    # No proxy: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, sent, dict(headers), method=method)  # noqa: S310 - http, ours
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            return int(answer.status), bytes(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except OSError as cause:
        raise Unreachable(f"the demo's server does not answer: {cause}") from cause


class Cli:
    """The `spe` command, as somebody types it."""

    def __init__(self, spe: Path, environment: Mapping[str, str], sign_in: SignIn) -> None:
        self._spe = spe
        self._environment = {**os.environ, **environment}
        self._sign_in = sign_in

    def __call__(self, who: str, *words: str, lang: str = "en") -> Answer:
        """Run `spe WORDS --json` as `who` and return what it answered."""
        chosen = {"SPE_LANG": lang, **(self._sign_in.typing(who) if who else {})}
        code, out, said = self.run(who, [str(self._spe), *words, "--json"], self._environment | chosen)
        return Answer(code, _json(out), out + said)

    def run(self, who: str, argv: list[str], environment: Mapping[str, str]) -> tuple[int, str, str]:  # noqa: ARG002
        """Run a command of `who`; return its exit code, standard output and standard error."""
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=environment,
            timeout=_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


def _json(text: str) -> Mapping[str, Any]:
    """Return the first JSON value of what was printed; a waiting command that fails prints two."""
    try:
        data, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {"items": data}
