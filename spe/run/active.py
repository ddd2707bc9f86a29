"""Which runs this worker has in sandboxes right now, and the flags that stop them."""

from __future__ import annotations

import threading

from spe.run.model import Run


class Active:
    """Runs in sandboxes of this process, at most `most` of them; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._runs: dict[str, tuple[Run, threading.Event]] = {}
        self._changed = threading.Condition()

    def __contains__(self, id_: object) -> bool:
        with self._changed:
            return id_ in self._runs

    def ids(self) -> tuple[str, ...]:
        """Return the runs that are active."""
        with self._changed:
            return tuple(self._runs)

    def room(self) -> int:
        """Return how many more runs may enter."""
        with self._changed:
            return self._most - len(self._runs)

    def any_at(self, permit: str, site: str) -> bool:
        """Say whether a run of this permit is active at this site."""
        with self._changed:
            return any((run.permit, run.site) == (permit, site) for run, _ in self._runs.values())

    def enter(self, run: Run) -> threading.Event:
        """Take a run in and return the flag that stops it."""
        flag = threading.Event()
        with self._changed:
            self._runs[run.id] = (run, flag)
        return flag

    def stop(self, id_: str) -> None:
        """Raise the run's flag; stopping what is not active changes nothing."""
        with self._changed:
            if id_ in self._runs:
                self._runs[id_][1].set()

    def leave(self, id_: str) -> None:
        """Take a run out: its sandbox is dead."""
        with self._changed:
            self._runs.pop(id_, None)
            self._changed.notify_all()

    def wait_gone(self, id_: str, seconds: float) -> bool:
        """Wait until the run's sandbox is dead; say whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: id_ not in self._runs, seconds)
