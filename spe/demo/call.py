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
from typing import Any

from spe.demo.answers import Answer, code_of
from spe.errors import Unreachable

_SECONDS = 60.0
_PAUSE = 0.1
_STEP_UP = "urn:spe:problem:second-factor-needed"


class Api:
    """The API as a persona calls it; tokens are fetched once, with the secret that only this account can read."""

    def __init__(self, url: str, secret_file: Path) -> None:
        self._url = url
        self._secret_file = secret_file
        self._tokens: dict[str, str] = {}
        # No proxy: the server is on this machine.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

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
        status, content = self._send("GET", path, None, self._signed_in(who))
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
        self._tokens[who] = self._new_token(who, second_factor=True)
        return self._answered(method, path, sent, {**self._signed_in(who), **headers})

    def _answered(self, method: str, path: str, sent: bytes | None, headers: Mapping[str, str]) -> Answer:
        status, content = self._send(method, path, sent, headers)
        data = json.loads(content) if content else {}
        data = data if isinstance(data, dict) else {"items": data}
        return Answer(0 if status < 400 else code_of(data), data)

    def _signed_in(self, who: str) -> Mapping[str, str]:
        if not who:
            return {}
        if who not in self._tokens:
            self._tokens[who] = self._new_token(who, second_factor=False)
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    def _new_token(self, who: str, *, second_factor: bool) -> str:
        headers = {
            "X-Persona-Secret": self._secret_file.read_text().strip(),
            "Content-Type": "application/json",
        }
        asked = json.dumps({"persona": who, "second_factor": second_factor}).encode()
        _, content = self._send("POST", "/demo/token", asked, headers)
        return str(json.loads(content)["token"])

    def _send(
        self, method: str, path: str, sent: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(self._url + path, sent, dict(headers), method=method)  # noqa: S310 - http, ours
        try:
            with self._open(request, timeout=_SECONDS) as answer:
                return int(answer.status), bytes(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()
        except OSError as cause:
            raise Unreachable(f"the demo's server does not answer: {cause}") from cause


class Cli:
    """The `spe` command, as somebody types it."""

    def __init__(self, spe: Path, environment: Mapping[str, str]) -> None:
        self._spe = spe
        self._environment = {**os.environ, **environment}

    def __call__(self, who: str, *words: str, lang: str = "en") -> Answer:
        """Run `spe WORDS --json` as persona `who` and return what it answered."""
        chosen = {"SPE_LANG": lang} | ({"SPE_AS": who} if who else {})
        done = subprocess.run(
            [self._spe, *words, "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._environment | chosen,
            timeout=_SECONDS,
            check=False,
        )
        return Answer(done.returncode, _json(done.stdout), done.stdout + done.stderr)


def _json(text: str) -> Mapping[str, Any]:
    """Return the first JSON value of what was printed; a waiting command that fails prints two."""
    try:
        data, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {"items": data}
