"""A project's code: the manifest that two people approve, and the states of its approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.code import CodeApproved, CodeRejected, CodeSealed


class CodeStatus(StrEnum):
    """Approved means: two approvers of two organisations said yes, and the manifest was signed."""

    REGISTERED = "registered"
    AGREED = "agreed"
    APPROVED = "approved"
    REJECTED = "rejected"


class CodeCommand(StrEnum):
    """What can be done with registered code; `seal` is the worker's signature over the agreed manifest."""

    APPROVE = "approve"
    AGREE = "agree"
    SEAL = "seal"
    REJECT = "reject"


TRANSITIONS: Mapping[tuple[CodeStatus, CodeCommand], CodeStatus] = {
    (CodeStatus.REGISTERED, CodeCommand.APPROVE): CodeStatus.REGISTERED,
    (CodeStatus.REGISTERED, CodeCommand.AGREE): CodeStatus.AGREED,
    (CodeStatus.REGISTERED, CodeCommand.REJECT): CodeStatus.REJECTED,
    (CodeStatus.AGREED, CodeCommand.SEAL): CodeStatus.APPROVED,
    (CodeStatus.AGREED, CodeCommand.REJECT): CodeStatus.REJECTED,
    (CodeStatus.APPROVED, CodeCommand.REJECT): CodeStatus.REJECTED,
}
LEAVES: Mapping[CodeCommand, type[Event]] = {
    CodeCommand.APPROVE: CodeApproved,
    CodeCommand.AGREE: CodeApproved,
    CodeCommand.SEAL: CodeSealed,
    CodeCommand.REJECT: CodeRejected,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the project; links and bytecode are refused at registration. `mode` is 0o444 or 0o555."""

    path: str
    mode: int
    sha256: str
    size: int


class ParameterType(StrEnum):
    """Parameters are numbers, dates or enumerated values: never free text."""

    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter and the values it may take: `low` to `high` (dates as ISO 8601), or one of `choices`."""

    name: str
    type: ParameterType
    low: str = ""
    high: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What approval is about: all that decides how the code runs. Layouts and limits are closed data."""

    files: tuple[SourceFile, ...]
    entry: str
    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    import_path: tuple[str, ...]
    runtime: str
    sandbox: str
    parameters: tuple[Parameter, ...]
    layouts: tuple[Mapping[str, Any], ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """One approver's committed act; the worker re-reads it before it signs."""

    by: StaffRef
    organisation: str
    digest: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Registered code of one permit; `digest` is the SHA-256 of the canonical manifest."""

    table: ClassVar[str] = "code"
    indexed: ClassVar[tuple[str, ...]] = ("permit", "status", "digest")

    id: str
    permit: str
    by: StaffRef
    title: str
    manifest: Manifest
    digest: str
    status: CodeStatus = CodeStatus.REGISTERED
    approvals: tuple[Approval, ...] = ()
    statement: str = ""
    signature: str = ""
