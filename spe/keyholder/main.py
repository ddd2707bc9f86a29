"""`spe keyholder`: orders come in, one line of JSON each; replies or refusals go out, one line each.

Lines go over standard input and output: whatever carries them (a queue, a mail, a person) needs no trust, because
orders are signed and shares sealed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

from spe.clock import Clock, SystemClock, epoch
from spe.crypto.statements import Signed
from spe.errors import Malformed, SpeError
from spe.federation.holder import KeyHolder
from spe.federation.refusals import Refused
from spe.values import from_stored, to_data
from spe.wiring.sums import open_holder

LONGEST_LINE = 16 << 20


def main(home: Path, lines: IO[str], out: IO[str], clock: Clock | None = None) -> None:
    """Answer orders until there are no more; a refused one doesn't end it."""
    holder, clock = open_holder(home), clock or SystemClock()
    while line := lines.readline(LONGEST_LINE + 1):
        out.write(json.dumps(answered(holder, line, epoch(clock.now()))) + "\n")
        out.flush()


def answered(holder: KeyHolder, line: str, now: int) -> dict[str, Any]:
    """Return the reply to one line, or why there is none."""
    try:
        return {"reply": to_data(holder.answer(_order(line), now))}
    except SpeError as error:
        why = error.why.value if isinstance(error, Refused) else ""
        return {"refused": str(error), "title": error.title, "why": why, "exit_code": error.exit_code}


def _order(line: str) -> Signed:
    if len(line) > LONGEST_LINE or not line.endswith("\n"):
        raise Malformed("an order is one line, and not as long as this")
    try:
        return from_stored(Signed, json.loads(line))
    except (ValueError, RecursionError):
        raise Malformed("an order is one line of JSON") from None
