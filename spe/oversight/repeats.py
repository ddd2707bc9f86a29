"""Repeated queries and probing: many entries that are alike in a window of time that slides over the log."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from spe.oversight.hint import Hint, Probes, Repeat, Seen, hint

_HOUR = 3600


@dataclass(slots=True)
class Burst:
    """The entries of one key that are in the window, and those of the burst that is going on, if one is."""

    window: deque[Seen] = field(default_factory=deque)
    burst: list[Seen] = field(default_factory=list)

    def add(self, seen: Seen, seconds: int, weight: Callable[[deque[Seen]], int], most: int) -> list[Seen]:
        """Take an entry in; return the burst that ended before it, if one did."""
        window = self.window
        while window and (seen.at - window[0].at).total_seconds() > seconds:
            window.popleft()
        window.append(seen)
        if weight(window) <= most:
            ended, self.burst = self.burst, []
            return ended
        if self.burst:
            self.burst.append(seen)
        else:
            self.burst = list(window)
        return []


class Repeats:
    """Looks for one kind of repetition."""

    def __init__(self, rule: Repeat) -> None:
        self._rule = rule
        self._bursts: dict[tuple[str, ...], Burst] = {}

    def wants(self, type_: str) -> bool:
        """Say whether entries of this type matter."""
        return type_ == self._rule.type

    def feed(self, seen: Seen) -> Iterator[Hint]:
        """Take an entry in and yield the hint that ended with it, if one did."""
        rule = self._rule
        key = (seen.id, *(str(seen.data.get(name, "")) for name in rule.by))
        ended = self._bursts.setdefault(key, Burst()).add(seen, rule.seconds, len, rule.most)
        if ended:
            yield self._hint(key, ended)

    def end(self) -> Iterator[Hint]:
        """Yield the hints that go on to the end of the log."""
        for key, one in self._bursts.items():
            if one.burst:
                yield self._hint(key, one.burst)

    def _hint(self, key: tuple[str, ...], found: list[Seen]) -> Hint:
        rule = self._rule
        about = ", ".join(f"{name} {value}" for name, value in zip(rule.by, key[1:], strict=True))
        params = {"type": rule.type, "hours": str(rule.seconds // _HOUR), "most": str(rule.most)}
        return hint("repeated_query", found, about, **params)


class Probing:
    """Looks for people who try identifiers that aren't theirs."""

    def __init__(self, rule: Probes) -> None:
        self._rule = rule
        self._bursts: dict[str, Burst] = {}

    def wants(self, type_: str) -> bool:
        """Say whether entries of this type matter."""
        return type_ == self._rule.type

    def feed(self, seen: Seen) -> Iterator[Hint]:
        """Take an entry in and yield the hint that ended with it, if one did."""
        rule = self._rule
        if not set(rule.reasons) & set(seen.data.get("reasons", ())):
            return
        ended = self._bursts.setdefault(seen.id, Burst()).add(seen, rule.seconds, _different, rule.most)
        if ended:
            yield self._hint(ended)

    def end(self) -> Iterator[Hint]:
        """Yield the hints that go on to the end of the log."""
        yield from (self._hint(one.burst) for one in self._bursts.values() if one.burst)

    def _hint(self, found: list[Seen]) -> Hint:
        rule = self._rule
        params = {"hours": str(rule.seconds // _HOUR), "most": str(rule.most)}
        params["count"] = str(_different(deque(found)))
        return hint("probing", found, "", **params)


def _different(window: deque[Seen]) -> int:
    return len({str(one.data.get("about", "")) for one in window})
