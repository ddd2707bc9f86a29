"""What a command or a call answered, in the words of the exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CODES = {
    "malformed": 2,
    "too-large": 2,
    "not-found": 10,
    "not-signed-in": 10,
    "denied": 10,
    "not-now": 10,
    "stopped-by-checks": 11,
    "integrity-failure": 12,
    "undecided": 10,
    "unreachable": 13,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Exit code and data; `text` is what was printed where that was no JSON."""

    code: int
    data: Mapping[str, Any]
    text: str = ""

    @property
    def said(self) -> str:
        """Return code and status, or code and reasons: `0 submitted`, `10 use_prohibited`."""
        if self.code == 0:
            word = str(self.data.get("status") or self.data.get("state") or "")
            return f"0 {word}".strip()
        return " ".join([str(self.code), *self.reasons]).strip()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the codes of the reasons, sorted."""
        found = {
            str(one["code"] if isinstance(one, Mapping) else one) for one in self.data.get("reasons", ())
        }
        return tuple(sorted(found))

    @property
    def id(self) -> str:
        """Return the identifier of what was made."""
        return str(self.data.get("id", ""))

    @property
    def index(self) -> str:
        """Return the log entry's index, where one was told."""
        return str(self.data.get("index", ""))


def code_of(problem: Mapping[str, Any]) -> int:
    """Return the exit code that stands for an API problem."""
    return _CODES.get(str(problem.get("type", "")).removeprefix("urn:spe:problem:"), 1)
