"""`python -m spe.aggregator FOLDER`: add up the contributions in a folder, and write the encrypted sum beside them.

The folder holds `terms.json`, `sites.json` and `*.contribution`. Prints, as JSON, what became of each; a refused one doesn't
stop the others.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from spe.crypto.private_files import write_whole
from spe.errors import SpeError
from spe.federation.aggregate import Aggregator
from spe.federation.files import SUM, EnrolledSite, aggregate_bytes, decoded, directory_of
from spe.federation.model import Terms

_USAGE = 2


def main(words: list[str]) -> int:
    """Add up; return 0, or the exit code of what stopped it."""
    if len(words) != 1:
        sys.stderr.write("usage: python -m spe.aggregator FOLDER\n")
        return _USAGE
    try:
        told = add_up(Path(words[0]))
    except SpeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{json.dumps(told, sort_keys=True)}\n")
    return 0


def add_up(folder: Path) -> dict[str, str]:
    """Write the sum of what is in the folder; return what became of each contribution, by its file's name."""
    terms: Terms = decoded(Terms, (folder / "terms.json").read_bytes())
    enrolled: tuple[EnrolledSite, ...] = decoded(
        tuple[EnrolledSite, ...], (folder / "sites.json").read_bytes()
    )
    aggregator = Aggregator(terms, directory_of(enrolled))
    told = {file.stem: _taken(aggregator, file) for file in sorted(folder.glob("*.contribution"))}
    write_whole(folder / SUM, [aggregate_bytes(aggregator.close())])
    return told


def _taken(aggregator: Aggregator, file: Path) -> str:
    try:
        with file.open("rb") as source:
            aggregator.accept(source)
    except SpeError as error:
        return f"refused: {error}"
    return "taken"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
