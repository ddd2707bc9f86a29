"""The receipts: for each step what was expected, what came, how long it took."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from spe.demo.answers import Answer

_COLOURS = {"green": "32", "red": "31;1", "dim": "2", "bold": "1"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One line of the report; the step went well if `got` is `expected`."""

    step: str
    expected: str
    got: str
    ms: int


class Book:
    """Collects receipts, from several threads, and prints each as it comes."""

    def __init__(self) -> None:
        self.receipts: list[Receipt] = []
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def head(self, text: str) -> None:
        """Print a heading."""
        seconds = time.monotonic() - self._started
        with self._lock:
            _print(f"\n{self._paint(text, 'bold')} {self._paint(f'{seconds:.0f} s', 'dim')}")

    def note(self, text: str) -> None:
        """Print a remark."""
        with self._lock:
            _print("".join(self._paint(f"      {line}\n", "dim") for line in text.splitlines()).rstrip("\n"))

    def step(self, step: str, who: str, expected: str, act: Callable[[], Answer]) -> Answer:
        """Do one step, print its receipt and return the answer."""
        start = time.monotonic()
        answer = act()
        self._keep(step, who, expected, answer.said, answer.index, start)
        if answer.said != expected:
            self.note(
                f"{json.dumps(dict(answer.data))[:700]}\n{answer.text[-700:] if not answer.data else ''}".strip()
            )
        return answer

    def check(self, step: str, who: str, expected: str, look: Callable[[], str]) -> None:
        """Compare what `look` finds with what is expected."""
        start = time.monotonic()
        self._keep(step, who, expected, _looked(look), "", start)

    def together(self, *acts: Callable[[], object]) -> None:
        """Do several things at the same time; the first failure of one is raised when all are over."""
        with ThreadPoolExecutor(len(acts)) as pool:
            futures = [pool.submit(act) for act in acts]
        for future in futures:
            future.result()

    def write(self, path: Path) -> None:
        """Write the report."""
        path.write_text(
            json.dumps([asdict(one) for one in self.receipts], indent=1, ensure_ascii=False) + "\n"
        )

    def failed(self) -> Sequence[Receipt]:
        """Return the steps that did not give what they should."""
        return [one for one in self.receipts if one.expected != one.got]

    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.monotonic() - self._started

    def _keep(self, step: str, who: str, expected: str, got: str, index: str, start: float) -> None:
        ms = round((time.monotonic() - start) * 1000)
        well = got == expected
        mark = self._paint("✔", "green") if well else self._paint("✘", "red")
        entry = f" · log entry {index}" if index else ""
        told = got if well else f"{got}, not {expected}"
        line = (
            f"  {mark} {step} {self._paint(f'— {who} · {told}{entry} · {ms} ms', 'dim' if well else 'red')}"
        )
        with self._lock:
            self.receipts.append(Receipt(step, expected, got, ms))
            _print(line)

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._colour else text


def _looked(look: Callable[[], str]) -> str:
    """Return what was found; an answer without what was looked for is a finding too."""
    try:
        return look()
    except (LookupError, TypeError, ValueError) as missing:
        return f"not there ({type(missing).__name__}: {missing})"


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
