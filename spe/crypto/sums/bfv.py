"""The only file that calls TenSEAL: keys, encrypting, decrypting. Adding needs neither (see `adding`).

Imported in the engine's process alone (see `engine`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tenseal

from spe.crypto.guarded import Guarded
from spe.crypto.sums.keys import NoKey, PublicSet
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.seal import is_secret_half, vector_of, words_of
from spe.crypto.sums.shares import LARGEST_SECRET
from spe.crypto.sums.slots import Numbers
from spe.crypto.sums.words import Words, checked
from spe.errors import Malformed


class Encryptor:
    """Encrypts under a public set: a context takes ten milliseconds to load, so it is loaded once."""

    __slots__ = ("_context", "key")

    def __init__(self, public: PublicSet) -> None:
        self.key = public.key
        self._context = _load(public.context)
        if self._context.is_private() or not self._context.has_public_key():
            raise NoKey("a public set holds a public key and nothing else")

    def encrypt(self, slots: Numbers) -> Words:
        """Return the ciphertext of 4,096 whole numbers, each smaller in size than half the plain modulus."""
        if (
            slots.shape != (PARAMETERS.degree,)
            or 2 * max(-int(slots.min()), int(slots.max())) >= PARAMETERS.plain
        ):
            raise Malformed("slots are 4096 numbers below half the plain modulus")
        return words_of(tenseal.bfv_vector(self._context, slots).serialize())


class SecretKey(Guarded):
    """The secret half: whole only where a key is made and, for the moment of one opening, in the opener."""

    __slots__ = ("_context",)

    def __init__(self, data: bytes | bytearray) -> None:
        """Take the key from `data`; `NoKey` when it isn't one."""
        if not 0 < len(data) <= LARGEST_SECRET or not is_secret_half(bytes(data)):
            raise NoKey("not a secret key of these parameters")
        self._context = _load(bytes(data))
        if not self._context.is_private():
            raise NoKey("there is no secret key in it")

    def decrypt(self, words: Words) -> Numbers:
        """Return the 4,096 numbers of a ciphertext; under another key they are random."""
        vector = tenseal.bfv_vector_from(self._context, vector_of(checked(words)))
        return np.array(vector.decrypt(), np.int64)


def generate() -> tuple[PublicSet, bytearray]:
    """Make a key: the public set, and the secret half as bytes that the caller seals and then wipes."""
    made = tenseal.context(
        tenseal.SCHEME_TYPE.BFV,
        poly_modulus_degree=PARAMETERS.degree,
        plain_modulus=PARAMETERS.plain,
        coeff_mod_bit_sizes=list(PARAMETERS.chain),
    )
    half = {"save_galois_keys": False, "save_relin_keys": False}
    secret = made.serialize(save_public_key=False, save_secret_key=True, **half)
    return PublicSet(made.serialize(save_secret_key=False, **half)), bytearray(secret)


def _load(data: bytes) -> Any:
    try:
        return tenseal.context_from(data)
    except (ValueError, RuntimeError, TypeError, IndexError, MemoryError):
        raise NoKey("not a key of these parameters") from None
