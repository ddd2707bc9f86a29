"""What a person reads when a command fails: what happened, why, and what to do; and the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from spe import errors
from spe.cli.paint import paint
from spe.errors import SpeError

_PREFIX = "urn:spe:problem:"
STEP_UP = "second-factor-needed"
_MALFORMED = frozenset({"too-large", "wrong-media-type", "key-reused", "too-many-headers", "not-from-here"})


class ApiProblem(SpeError):
    """The server answered with a problem (RFC 9457)."""

    title = "The server refused"

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", "")))
        self.problem = problem

    @property
    def name(self) -> str:
        """The last part of the problem's type."""
        return str(self.problem.get("type", "")).removeprefix(_PREFIX)

    @property
    def code(self) -> int:
        """The exit code of the error that the problem's type names."""
        if self.name in _MALFORMED:
            return errors.Malformed.exit_code
        return _codes().get(self.name, SpeError.exit_code)


class NotAchieved(SpeError):
    """What was waited for did not come, or ended otherwise."""

    exit_code = 1
    title = "Not achieved"


def fail(error: SpeError, *, as_json: bool) -> int:
    """Print `error` (JSON on standard output, text on standard error) and return the exit code."""
    problem = _problem(error)
    if as_json:
        print(json.dumps(problem, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(problem)), file=sys.stderr)
    return error.code if isinstance(error, ApiProblem) else error.exit_code


def _problem(error: SpeError) -> Mapping[str, Any]:
    if isinstance(error, ApiProblem):
        return error.problem
    return {"type": _PREFIX + _slug(type(error)), "title": error.title, "detail": str(error)}


def _lines(problem: Mapping[str, Any]) -> Iterator[str]:
    yield paint(f"✘ {problem.get('title', 'Refused')}", "red")
    reasons = problem.get("reasons", ())
    if not reasons and problem.get("detail"):
        yield f"  {problem['detail']}"
    for reason in reasons:
        yield from reason_lines(reason)
    if problem.get("correlation"):
        yield paint(f"  correlation id {problem['correlation']}", "dim")


def reason_lines(reason: Mapping[str, str]) -> Iterator[str]:
    """Yield a reason with its code, its reference and what mends it."""
    yield f"  • {reason.get('message', '')} {paint('[' + reason.get('code', '') + ']', 'dim')}"
    if reason.get("reference"):
        yield f"    {reason['reference']}"
    if reason.get("remedy"):
        yield f"    → {reason['remedy']}"


def _slug(kind: type[SpeError]) -> str:
    name = kind.__name__
    return "".join(
        f"-{char.lower()}" if char.isupper() and at else char.lower() for at, char in enumerate(name)
    )


def _codes() -> Mapping[str, int]:
    family = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SpeError)]
    return {_slug(kind): kind.exit_code for kind in family}
