"""Events of access requests."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class RequestPreflighted(Event):
    """A draft was checked against policy; `allowed` says whether any rule would refuse it."""

    type: ClassVar[str] = "request.preflighted"
    allowed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestSubmitted(Event):
    """An applicant submitted a request; `sha256` is of its canonical contents."""

    type: ClassVar[str] = "request.submitted"
    request: str
    sha256: str
    obligations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestReturned(Event):
    """The committee returned a request for completion."""

    type: ClassVar[str] = "request.returned"
    request: str


@dataclass(frozen=True, slots=True)
class RequestWithdrawn(Event):
    """The applicant withdrew a request."""

    type: ClassVar[str] = "request.withdrawn"
    request: str
