"""The one form of a released table: UTF-8, LF, declared header, declared row order, fixed decimals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

# Digits enough for a sum of every number that `plan.number` lets in, so that no addition rounds.
EXACT = 100


def render(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a table; labels and numbers hold no comma, quote or line break, so nothing is quoted."""
    return ("\n".join(",".join(row) for row in [header, *rows]) + "\n").encode("utf-8")


def fixed(value: Decimal, decimals: int) -> str:
    """Write `value` with exactly `decimals` decimals, half to even, and never a minus before zero."""
    with localcontext() as context:
        context.prec = EXACT
        rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def mean(total: Decimal, n: int, decimals: int) -> str:
    """Write a mean; of nobody it is empty."""
    if n == 0:
        return ""
    with localcontext() as context:
        context.prec = EXACT
        return fixed(total / n, decimals)
