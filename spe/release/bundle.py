"""A release as a zip: the approved files, a data dictionary, the methods, and a signed statement of all of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from spe.catalogue.variables import Variable
from spe.crypto.statements import Signed

SCOPE = "release"
STATEMENT, SIGNATURE = "release.json", "release.sig"
DICTIONARY, METHODS = "data-dictionary.csv", "methods.json"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def zip_object(release: str) -> str:
    """Return the name of the released zip's sealed object."""
    return f"release/{release}.zip"


def dictionary(variables: tuple[Variable, ...]) -> bytes:
    """Return the data dictionary of the fields that the released tables are about."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["variable", "meaning", "type", "unit", "categories", "low", "high", "missing"])
    for one in variables:
        row = [one.name, one.meaning, one.type, one.unit or "", " | ".join(one.categories)]
        writer.writerow(
            [*row, "" if one.low is None else one.low, "" if one.high is None else one.high, one.missing]
        )
    return buffer.getvalue().encode()


def methods(described: Mapping[str, Any]) -> bytes:
    """Return how the files came about: code, cohort, layouts and the version of the disclosure profile."""
    return (json.dumps(described, indent=2, sort_keys=True) + "\n").encode()


def digests(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Return name and SHA-256 of each file, by name."""
    return [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest()} for name, data in sorted(files.items())
    ]


def pack(files: Mapping[str, bytes], signed: Signed) -> bytes:
    """Return the zip: same input, same bytes."""
    all_files = {**files, STATEMENT: signed.statement.encode(), SIGNATURE: signed.signature.encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(all_files.items()):
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
