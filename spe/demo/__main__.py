"""`python -m spe.demo [--check|--figures]`."""

from __future__ import annotations

import sys


def main(words: list[str]) -> int:
    """Walk through the tour, or reproduce the published figures; return the exit code."""
    if words == ["--figures"]:
        from spe.demo.figures import main as reproduce  # noqa: PLC0415 - neither needs the other

        return reproduce()
    if words not in ([], ["--check"]):
        sys.stderr.write("usage: python -m spe.demo [--check|--figures]\n")
        return 2
    from spe.demo.tour import main as walk  # noqa: PLC0415

    return walk(check=words == ["--check"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
