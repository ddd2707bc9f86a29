"""The report of a reconciliation at the command line."""

from __future__ import annotations

from pathlib import Path

from spe.cli.options import options
from spe.cli.paint import paint
from spe.cli.show import plain, show
from spe.errors import Conflict, IntegrityFailure, Unreachable
from spe.oversight.reconcile_report import Report


def refuse_to_replace(file: Path | None) -> None:
    """Raise `Conflict` where the report's file is there already."""
    if file is not None and file.exists():
        raise Conflict(f"{file} is there already; a report is never written over")


def keep(data: bytes, file: Path) -> None:
    """Write the report to a new file."""
    try:
        with file.open("xb") as handle:
            handle.write(data)
    except OSError as cause:
        raise Unreachable(f"the report can't be written: {cause.strerror}") from None


def tell(report: Report, file: Path | None) -> int:
    """Print the report and return the exit code: 0 where nothing is unmatched, 12 otherwise."""
    unmatched = report.total("unmatched")
    if options().json:
        show(report.data())
    else:
        print("\n".join(map(plain, report.lines())))
        print("  it is an entry of the log itself" if report.logged else "  read only: no entry says so")
        where = f"; the report is {file}" if file else ""
        mark = paint("✘", "red") if unmatched else paint("✔", "green")
        print(f"{mark} {report.total('matched')} matched, {unmatched} unmatched{where}")
    return IntegrityFailure.exit_code if unmatched else 0
