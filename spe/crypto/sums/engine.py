"""Encrypting, opening and making keys in a process of its own: the library of encryption, and no secret key, is never here.

The engine is a child that ends with its `with`. Whoever opened a sum or made a key ends it at once, so that what was whole
in it is gone; a site that encrypts may keep it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from spe import frames
from spe.crypto.sums.engine_words import ANSWER, DEAL, ENCRYPT, OPEN, bytes_of, numbers_of
from spe.crypto.sums.keys import NoKey, PublicSet
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.crypto.sums.slots import Numbers
from spe.crypto.sums.words import NoCiphertext
from spe.errors import IntegrityFailure, Malformed, SpeError, Unreachable

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from spe.crypto.sums.engine_main import main; sys.exit(main())"
_ERRORS = {kind.__name__: kind for kind in (NoKey, NoCiphertext, IntegrityFailure, Malformed)}
_AT_A_TIME = 32


class Engine:
    """One child process; one caller at a time."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def deal(self, k: int, n: int) -> tuple[PublicSet, SealedSecret, tuple[SecretShare, ...]]:
        """Make a key and its n shares, any k of which open; `Malformed` for numbers that make no sharing."""
        numbers = [max(0, value).to_bytes(4, "big") for value in (k, n)]
        public, sealed, *shares = self._ask(DEAL, numbers)
        return PublicSet(public), SealedSecret(sealed), tuple(map(SecretShare.read, shares))

    def encryptor(self, public: PublicSet) -> Encryptor:
        """Return what encrypts under a public set."""
        return Encryptor(self, public)

    def encrypt(self, public: PublicSet, slots: Iterable[Numbers]) -> bytes:
        """Return ciphertexts in their wire form; `Malformed` unless slots are 4,096 numbers that fit."""
        waiting, done = iter(slots), []
        while some := list(islice(waiting, _AT_A_TIME)):
            done += self._ask(ENCRYPT, [public.context, *map(bytes_of, some)])
        return b"".join(done)

    def open(
        self, public: PublicSet, sealed: SealedSecret, shares: Iterable[SecretShare], body: bytes
    ) -> tuple[tuple[Numbers, ...], frozenset[int]]:
        """Return the slots of a sum's ciphertexts, and the numbers of shares that don't belong to the others.

        `IntegrityFailure`: too few shares, or no k of them belong together.
        """
        parts = [public.context, sealed.data, body, *(share.reveal() for share in shares)]
        false, *opened = self._ask(OPEN, parts)
        return tuple(map(numbers_of, opened)), frozenset(false)

    def close(self) -> None:
        """End the child, and with it whatever it holds."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _ask(self, word: int, parts: Sequence[bytes]) -> list[bytes]:
        child = self._running()
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - pipes, as asked for
        try:
            frames.write(child.stdin, word, parts)
            answer = frames.read(child.stdout)
        except OSError:
            answer = None
        if answer is None:
            self.close()
            raise Unreachable("the engine of encrypted sums ended: is tenseal installed?")
        if answer[0] != ANSWER:
            name, text = (part.decode() for part in answer[1])
            raise _ERRORS.get(name, SpeError)(text)
        return answer[1]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-B", "-c", _PROGRAM, str(_ROOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
            )
        return self._child


class Encryptor:
    """Encrypts under one public set."""

    __slots__ = ("_engine", "_public", "key")

    def __init__(self, engine: Engine, public: PublicSet) -> None:
        self.key = public.key
        self._engine, self._public = engine, public

    def encrypt(self, slots: Iterable[Numbers]) -> bytes:
        """Return ciphertexts in their wire form."""
        return self._engine.encrypt(self._public, slots)
