"""Events of releases."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class ReleaseAsked(Event):
    """A data user asked for approved outputs to be released."""

    type: ClassVar[str] = "release.asked"
    release: str
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseMade(Event):
    """Outputs were released; `sha256` is of the zip."""

    type: ClassVar[str] = "release.made"
    release: str
    sha256: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseStopped(Event):
    """A release was stopped: by differencing against earlier ones, or by bytes that were not the approved ones."""

    type: ClassVar[str] = "release.stopped"
    release: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseHeld(Event):
    """A pending release is held for the differencing check after a directive."""

    type: ClassVar[str] = "release.held"
    release: str


@dataclass(frozen=True, slots=True)
class ReleaseRechecked(Event):
    """A held release goes back to the differencing check."""

    type: ClassVar[str] = "release.rechecked"
    release: str


@dataclass(frozen=True, slots=True)
class ReleaseDownloaded(Event):
    """A released zip is about to be sent; committed before the first byte."""

    type: ClassVar[str] = "release.downloaded"
    release: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseRecalled(Event):
    """A release was recalled."""

    type: ClassVar[str] = "release.recalled"
    release: str
    reason_sha256: str
