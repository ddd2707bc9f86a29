"""Data keys: one random key per scope (a permit), whose destruction makes all that it sealed unreadable."""

from __future__ import annotations

from typing import Protocol

from spe.errors import NotFound


class NoDataKey(NotFound):
    """The scope never had a key, or its key is destroyed; nothing sealed under it can be opened."""

    title = "The data key is gone"


class DataKeys(Protocol):
    """Keeps data keys; every call may be repeated, and destruction is for ever."""

    def create(self, scope: str) -> bytes:
        """Return the scope's 32-byte key, made now if there is none; `NoDataKey` once it was destroyed."""
        ...

    def get(self, scope: str) -> bytes:
        """Return the scope's key; `NoDataKey` if there is none, `IntegrityFailure` if it does not open."""
        ...

    def destroy(self, scope: str) -> None:
        """Destroy the scope's key, and see to it that the scope never gets another."""
        ...

    def exists(self, scope: str) -> bool:
        """Say whether the scope has a key now."""
        ...

    def label(self, name: str) -> str:
        """Return 64 hexadecimal digits for an object's name, always the same; without the key nobody finds it by them."""
        ...
