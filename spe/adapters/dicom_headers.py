"""A header summary of a folder of DICOM files, for a catalogue entry: no pixel is read and nobody's name leaves.

`python -m spe.adapters.dicom_headers FOLDER` prints it as JSON; a data holder runs it where the images are.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from spe.catalogue.model import ImagingSummary
from spe.errors import NotFound, SpeError
from spe.values import to_data

_WANTED = ("Modality", "BodyPartExamined", "StudyInstanceUID", "PatientIdentityRemoved")
_LONGEST = 64


def summarise(folder: Path) -> ImagingSummary:
    """Return what the headers below `folder` say; `NotFound` without a readable DICOM file.

    `identity_removed` only if every file says so itself (0012,0062). Unreadable files are left out.
    """
    headers = [header for path in sorted(folder.rglob("*.dcm")) if (header := _header(path)) is not None]
    if not headers:
        raise NotFound("there is no DICOM file in that folder")
    return ImagingSummary(
        modalities=_values(headers, "Modality"),
        body_parts=_values(headers, "BodyPartExamined"),
        files=len(headers),
        studies=len(set(_values(headers, "StudyInstanceUID"))),
        identity_removed=all(_text(header, "PatientIdentityRemoved") == "YES" for header in headers),
    )


def _header(path: Path) -> Dataset | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_WANTED))
    except (InvalidDicomError, OSError, EOFError, ValueError, KeyError, AttributeError, NotImplementedError):
        return None


def _values(headers: Iterable[Dataset], name: str) -> tuple[str, ...]:
    return tuple(sorted({text for header in headers if (text := _text(header, name))}))


def _text(header: Dataset, name: str) -> str:
    return str(header.get(name, "") or "").strip()[:_LONGEST]


def main(words: list[str]) -> int:
    """Print the summary of the folder named in `words`."""
    if len(words) != 1:
        sys.stderr.write("usage: python -m spe.adapters.dicom_headers FOLDER\n")
        return 2
    try:
        sys.stdout.write(json.dumps(to_data(summarise(Path(words[0])))) + "\n")
    except SpeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
