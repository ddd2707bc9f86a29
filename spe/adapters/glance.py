"""Looking whether something answers, no oftener than once a second, however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from spe.errors import SpeError, Unreachable

_FRESH: Final = 1.0


class Glance:
    """What `look` saw last. Whoever asks while somebody looks hears that, so that a mute store holds up one thread only."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look
        self._looking = threading.Lock()
        self._seen: SpeError | None = Unreachable("nobody has looked yet")
        self._at = -_FRESH

    def look(self) -> None:
        """Return if it answers; raise what was raised where it does not."""
        if self._looking.acquire(blocking=False):
            try:
                if time.monotonic() - self._at >= _FRESH:
                    self._see()
            finally:
                self._looking.release()
        if self._seen is not None:
            raise self._seen.with_traceback(None)

    def _see(self) -> None:
        try:
            self._look()
        except SpeError as error:
            self._seen = error
        else:
            self._seen = None
        finally:
            self._at = time.monotonic()
