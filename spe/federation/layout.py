"""Which numbers a contribution holds, in which order and within which bounds: closed data, agreed before the round."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spe.crypto import canonical
from spe.crypto.sums.parameters import PARAMETERS
from spe.errors import Malformed
from spe.values import from_data, to_data

MOST_VALUES = 1 << 21
MOST_BLOCKS = 200
MOST_DECIMALS = 9
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,79}")


@dataclass(frozen=True, slots=True)
class Block:
    """`length` numbers of one meaning, each within `low` and `high`, in units of the last of `decimals` decimals."""

    name: str
    length: int
    low: int
    high: int
    decimals: int = 0


@dataclass(frozen=True)
class SumLayout:
    """All blocks, in order; making one that could wrap, or is too large, is `Malformed`."""

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        names = [block.name for block in self.blocks]
        if not 0 < len(names) <= MOST_BLOCKS or len(set(names)) != len(names):
            raise Malformed(f"a layout has 1 to {MOST_BLOCKS} blocks of different names")
        for block in self.blocks:
            _check(block)
        if self.length > MOST_VALUES:
            raise Malformed(f"a layout has at most {MOST_VALUES} values")

    @property
    def length(self) -> int:
        """Numbers in all."""
        return sum(block.length for block in self.blocks)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the layout in canonical form."""
        return hashlib.sha256(canonical.encode(to_data(self))).hexdigest()

    def lows(self) -> list[int]:
        """Return the lowest value of each place."""
        return [block.low for block in self.blocks for _ in range(block.length)]

    def highs(self) -> list[int]:
        """Return the highest value of each place."""
        return [block.high for block in self.blocks for _ in range(block.length)]


def _check(block: Block) -> None:
    if _NAME.fullmatch(block.name) is None:
        raise Malformed("a block's name has small letters, digits, underscores and points")
    if not 1 <= block.length <= MOST_VALUES or not 0 <= block.decimals <= MOST_DECIMALS:
        raise Malformed(f"{block.name}: length or decimals are out of range")
    if block.low > block.high or not PARAMETERS.fits(max(-block.low, block.high, 0), PARAMETERS.most_sites):
        raise Malformed(f"{block.name}: {PARAMETERS.most_sites} sites within these bounds could wrap")


def parse_sum_layout(data: Any) -> SumLayout:
    """Return the layout that `to_data` wrote; `Malformed` for anything else."""
    return from_data(SumLayout, data)
