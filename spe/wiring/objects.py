"""Which store keeps the sealed objects: a folder or a bucket, as the settings say; the client of the one not used is not loaded."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from spe.adapters.object_folder import FolderStore
from spe.crypto.object_store import ObjectStore
from spe.errors import Malformed, Unreachable
from spe.settings import Settings
from spe.wiring.home import Home

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_SECRETS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def open_store(settings: Settings, environment: Mapping[str, str] = os.environ) -> ObjectStore:
    """Return the store of `settings.objects`, its leftovers swept where it answers.

    `Malformed`: a setting can't be read, or an address is neither https nor on loopback. `Unreachable`: the folder can't
    be used, or a secret is missing. A bucket that does not answer is opened all the same: readiness says so.
    """
    url = _read("SPE_OBJECTS", settings.objects)
    if url.scheme == "s3":
        store = _bucket(settings, url, environment)
        with suppress(Unreachable):
            store.sweep()
        return store
    store = FolderStore(_folder(settings, url))
    store.sweep()
    return store


def _folder(settings: Settings, url: SplitResult) -> Path:
    if not settings.objects:
        return Home(settings.home).objects
    path = Path(unquote(url.path))
    if (
        url.scheme != "file"
        or url.netloc
        or url.query
        or url.fragment
        or not path.is_absolute()
        or ".." in path.parts
    ):
        raise Malformed("SPE_OBJECTS: must be file:///FOLDER or s3://BUCKET/PREFIX")
    return path


def _bucket(settings: Settings, url: SplitResult, environment: Mapping[str, str]) -> ObjectStore:
    from spe.adapters.s3_calls import Calls, Place  # noqa: PLC0415 - the client takes as long to load as all the rest
    from spe.adapters.s3_store import S3Store  # noqa: PLC0415

    prefix = url.path.strip("/")
    plain = not (url.query or url.fragment) and _BUCKET.fullmatch(url.netloc)
    if not plain or (prefix and not _PREFIX.fullmatch(prefix)) or {"..", "."} & set(prefix.split("/")):
        raise Malformed(
            "SPE_OBJECTS: must be s3://BUCKET or s3://BUCKET/PREFIX, in letters, digits and . - _ /"
        )
    if not _REGION.fullmatch(settings.objects_region):
        raise Malformed("SPE_OBJECTS_REGION: is no region")
    missing = [name for name in _SECRETS if not environment.get(name)]
    if missing:
        raise Unreachable(f"{' and '.join(missing)} must be set to open {settings.objects}")
    access, secret = (environment[name] for name in _SECRETS)
    endpoint = _endpoint(settings)
    place = Place(
        endpoint=endpoint,
        bucket=url.netloc,
        region=settings.objects_region,
        access_key=access,
        secret_key=secret,
        token=environment.get("AWS_SESSION_TOKEN", ""),
        trust=_trust(settings) if endpoint.scheme == "https" else None,
        patience=settings.objects_milliseconds / 1000,
    )
    return S3Store(Calls(place), f"{prefix}/" if prefix else "")


def _endpoint(settings: Settings) -> SplitResult:
    """Return where the store is; `Malformed` unless it is plain https, or http on loopback."""
    name = "SPE_OBJECTS_ENDPOINT"
    url = _read(name, settings.objects_endpoint or f"https://s3.{settings.objects_region}.amazonaws.com")
    extra = url.path.strip("/") or url.query or url.fragment or "@" in url.netloc
    if url.scheme not in {"http", "https"} or not url.hostname or extra:
        raise Malformed(f"{name}: must be https://HOST[:PORT]")
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise Malformed(f"{name}: must be https, but on loopback")
    return url._replace(path="")


def _trust(settings: Settings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.objects_ca or None)
    except OSError:
        raise Unreachable("SPE_OBJECTS_CA: is no file of certificates that can be read") from None


def _read(name: str, text: str) -> SplitResult:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        raise Malformed(f"{name}: can't be read as an address") from None
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Malformed(f"{name}: can't be read as an address")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
