"""`python -m spe.demo [--check|--figures]`."""

from __future__ import annotations

import sys


def main(words: list[str]) -> int:
    """Walk through the tour, or reproduce the published figures; return the exit code."""
    if words == ["--figures"]:
        from spe.demo import figures  # noqa: PLC0415 - neither needs the other

        return figures.main()
    if words not in ([], ["--check"]):
        sys.stderr.write("usage: python -m spe.demo [--check|--figures]\n")
        return 2
    from spe.demo import tour  # noqa: PLC0415

    return tour.main(check=words == ["--check"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
