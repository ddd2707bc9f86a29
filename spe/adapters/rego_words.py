"""The words between a process and its embedded policy engine."""

from __future__ import annotations

READY, QUESTION, ANSWER = 1, 2, 3
