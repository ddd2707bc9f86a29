"""Where a secret key is whole: when it is made, and for the moment of one opening. In the engine's process alone.

Python can't promise to wipe memory, so that process ends after either.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from spe.crypto.keyed import new_key, unwrap, wrap
from spe.crypto.sums import shamir
from spe.crypto.sums.bfv import SecretKey, generate
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.errors import IntegrityFailure

_MOST_TRIES = 2000


def deal(k: int, n: int) -> tuple[PublicSet, SealedSecret, tuple[SecretShare, ...]]:
    """Make a key and its n shares; this is the one moment at which a whole secret key exists outside an opening."""
    public, secret = generate()
    cover = new_key()
    sealed = SealedSecret(wrap(cover, bytes(secret), public.sha256.encode()))
    secret[:] = bytes(len(secret))
    shares = shamir.split(cover, k, n)
    return public, sealed, tuple(SecretShare(public.key, at, k, n, value) for at, value in shares.items())


def rebuild(
    public: PublicSet, sealed: SealedSecret, shares: Iterable[SecretShare]
) -> tuple[SecretKey, frozenset[int]]:
    """Return the secret key, and the numbers of shares that don't belong to the others.

    Where more than k shares came, false ones are left out. `IntegrityFailure`: no k of them belong together, too few,
    or shares of another key.
    """
    found = {share.number: share for share in shares if share.key == public.key}
    needed = {share.k for share in found.values()}
    if len(needed) != 1 or len(found) < min(needed):
        raise IntegrityFailure("too few shares of this key")
    points = dict(share.point() for share in found.values())
    tries = combinations(sorted(points), min(needed))
    for numbers, _ in zip(tries, range(_MOST_TRIES), strict=False):
        cover = shamir.join({number: points[number] for number in numbers})
        secret = _opened(public, sealed, cover)
        if secret is not None:
            first = {number: points[number] for number in numbers[1:]}
            false = (
                at for at in set(points) - set(numbers) if shamir.join({**first, at: points[at]}) != cover
            )
            return secret, frozenset(false)
    raise IntegrityFailure("the shares don't belong together: at least one of them is false")


def _opened(public: PublicSet, sealed: SealedSecret, cover: bytes | None) -> SecretKey | None:
    if cover is None:
        return None
    try:
        return SecretKey(unwrap(cover, sealed.data, public.sha256.encode()))
    except IntegrityFailure:
        return None
