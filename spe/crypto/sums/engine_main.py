"""The engine's process: one message in, one out, until its input ends; `engine` starts it.

It leaves no dump and can't be looked into by its own account; its environment is empty. What it holds of a secret key
goes with it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Callable, Mapping

from spe import frames
from spe.crypto.sums.bfv import Encryptor
from spe.crypto.sums.ceremony import deal, rebuild
from spe.crypto.sums.engine_words import ANSWER, DEAL, ENCRYPT, FAILED, OPEN, numbers_of
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.crypto.sums.words import BYTES, from_bytes, to_bytes
from spe.errors import SpeError

_NOT_DUMPABLE = 4
_ENCRYPTORS: dict[bytes, Encryptor] = {}


def _deal(parts: list[bytes]) -> list[bytes]:
    k, n = (int.from_bytes(part, "big") for part in parts)
    public, sealed, shares = deal(k, n)
    return [public.context, sealed.data, *(share.reveal() for share in shares)]


def _encrypt(parts: list[bytes]) -> list[bytes]:
    context, *slots = parts
    if context not in _ENCRYPTORS:
        _ENCRYPTORS.clear()
        _ENCRYPTORS[context] = Encryptor(PublicSet(context))
    encryptor = _ENCRYPTORS[context]
    return [b"".join([to_bytes(encryptor.encrypt(numbers_of(one))) for one in slots])]


def _open(parts: list[bytes]) -> list[bytes]:
    context, sealed, body, *shares = parts
    secret, false = rebuild(PublicSet(context), SealedSecret(sealed), map(SecretShare.read, shares))
    opened = [secret.decrypt(from_bytes(body[at : at + BYTES])) for at in range(0, len(body), BYTES)]
    return [bytes(sorted(false)), *(one.astype("<i8").tobytes() for one in opened)]


_ACTS: Mapping[int, Callable[[list[bytes]], list[bytes]]] = {DEAL: _deal, ENCRYPT: _encrypt, OPEN: _open}


def main() -> int:
    """Answer messages; return 0 when there are no more."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_NOT_DUMPABLE, 0, 0, 0, 0)
    # The library prints: what it says goes nowhere, and never between our messages.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        while (message := frames.read(sys.stdin.buffer)) is not None:
            frames.write(out, *_answered(*message))
    return 0


def _answered(word: int, parts: list[bytes]) -> tuple[int, list[bytes]]:
    try:
        return ANSWER, _ACTS[word](parts)
    except SpeError as error:
        return FAILED, [type(error).__name__.encode(), str(error).encode()]
