"""People of a demo: personas, who need no more than the secret of its start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from spe.demo.call import send


class Personas:
    """Signs personas in, each once, with the secret that only this account can read."""

    def __init__(self, url: str, secret_file: Path) -> None:
        self._url = url
        self._secret_file = secret_file
        self._tokens: dict[str, str] = {}

    def token(self, who: str, *, second_factor: bool) -> str:
        """Return an access token, one with a second factor proven just now where that is wanted."""
        if second_factor or who not in self._tokens:
            self._tokens[who] = self._new_token(who, second_factor=second_factor)
        return self._tokens[who]

    def typing(self, who: str) -> Mapping[str, str]:
        """Return the variables by which the command line knows who types."""
        return {"SPE_AS": who}

    def _new_token(self, who: str, *, second_factor: bool) -> str:
        headers = {
            "X-Persona-Secret": self._secret_file.read_text().strip(),
            "Content-Type": "application/json",
        }
        asked = json.dumps({"persona": who, "second_factor": second_factor}).encode()
        _, content = send("POST", f"{self._url}/demo/token", asked, headers)
        return str(json.loads(content)["token"])
