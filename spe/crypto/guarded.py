"""Secrets that don't leave their process by accident."""

from __future__ import annotations

from typing import NoReturn

from spe.errors import Malformed


class Guarded:
    """What holds a secret: it is not copied, not pickled, and shows nothing of itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    def __copy__(self) -> NoReturn:
        raise Malformed("a secret is not copied")

    def __deepcopy__(self, _memo: object) -> NoReturn:
        raise Malformed("a secret is not copied")

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise Malformed("a secret is not pickled")
