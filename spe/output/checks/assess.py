"""All checks of one output: the best that a machine says is that people should look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spe.code.layout import Kind, Layout
from spe.output.checks import agreement, classes, dominance, dumps, life, margins, media, text, threshold
from spe.output.checks.finding import Code, Finding, Profile, Severity
from spe.output.checks.told import told
from spe.output.support import FileFacts, Support

_ON_CELLS = (threshold.check, classes.check, margins.check, dominance.check, life.check)
_ON_FILES = (media.check, dumps.check, text.check)


class Verdict(StrEnum):
    """A machine stops, or hands over to two people; it never clears."""

    STOP = "stop"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the checks found in one output under one version of the profile."""

    output: str
    kind: Kind
    profile: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """`stop` where any finding stops."""
        stopped = any(finding.severity is Severity.STOP for finding in self.findings)
        return Verdict.STOP if stopped else Verdict.PEOPLE


def check_output(
    layout: Layout, support: Support | None, facts: FileFacts | None, profile: Profile
) -> Assessment:
    """Run every rule that applies to the layout's kind; a table without support is stopped, never believed."""
    if layout.kind is Kind.OTHER:
        findings = _of_file(layout, facts, profile)
    elif support is None:
        findings = (Finding(Code.NOT_RECOMPUTED),)
    else:
        findings = check_support(layout, support, profile)
    return Assessment(layout.name, layout.kind, profile.version, findings)


def check_support(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    """Run the rules on recomputed cells; cells that aren't the layout's are judged no further."""
    compared = agreement.check(layout, support, profile)
    if any(finding.severity is Severity.STOP for finding in compared):
        return compared
    found = tuple(finding for check in _ON_CELLS for finding in check(layout, support, profile))
    return (*found, *compared)


def for_data_user(assessment: Assessment) -> tuple[Finding, ...]:
    """Return what the data user may read of the findings."""
    return told(assessment.kind, assessment.findings)


def _of_file(layout: Layout, facts: FileFacts | None, profile: Profile) -> tuple[Finding, ...]:
    if facts is None:
        return (Finding(Code.NOT_RECOMPUTED),)
    found = tuple(finding for check in _ON_FILES for finding in check(layout, facts, profile))
    return (*found, Finding(Code.ONLY_PEOPLE_CAN_TELL, severity=Severity.LOOK))
