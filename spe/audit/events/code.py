"""Events of project code."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class CodeRegistered(Event):
    """A data user registered code; `digest` is of its canonical manifest."""

    type: ClassVar[str] = "code.registered"
    code: str
    permit: str
    digest: str


@dataclass(frozen=True, slots=True)
class CodeApproved(Event):
    """An approver approved the manifest with this digest."""

    type: ClassVar[str] = "code.approved_by"
    code: str
    digest: str
    settled: bool


@dataclass(frozen=True, slots=True)
class CodeRejected(Event):
    """An approver rejected code."""

    type: ClassVar[str] = "code.rejected"
    code: str
    digest: str


@dataclass(frozen=True, slots=True)
class CodeSealed(Event):
    """The manifest was signed after two approvals were read back."""

    type: ClassVar[str] = "code.sealed"
    code: str
    digest: str
