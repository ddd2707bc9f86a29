"""Calls to a store that speaks S3, through botocore: bounded, repeated only where that is safe, their failures told by code.

Nothing but what is given here reaches the client: no file, variable, profile or metadata service of the machine.
"""

from __future__ import annotations

import os
import random
import re
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from spe.adapters.s3_wire import Broken, Elsewhere, Late, Unasked, Wire
from spe.errors import Unreachable

DENIED: Final = "objects_denied"
FAILED: Final = "objects_failed"
LATE: Final = "objects_late"
UNREACHABLE: Final = "objects_unreachable"
REDIRECTED: Final = "objects_redirected"
_PASSING: Final = frozenset({409, 429, 500, 502, 503, 504})
_PAUSES: Final = (0.1, 0.4, 1.6)
_WORD: Final = re.compile(r"[A-Za-z0-9.]{1,40}")
_NOT_HERE: Final = (None, None, None, None)
_NOWHERE: Final = (None, None, os.devnull, None)
_VARIABLES: Final = {
    "profile": _NOT_HERE,
    "region": _NOT_HERE,
    "data_path": _NOT_HERE,
    "ca_bundle": _NOT_HERE,
    "config_file": _NOWHERE,
    "credentials_file": _NOWHERE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a store is, whose keys open it, and how long one exchange may take; the secrets are not shown."""

    endpoint: SplitResult
    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    trust: ssl.SSLContext | None = None
    patience: float = 10.0


class Failing(Unreachable):
    """The store did not do what it was asked; `code` says in which way, `status` and `word` are its own answer's."""

    def __init__(self, code: str, detail: str, status: int = 0, word: str = "") -> None:
        super().__init__(f"the object store did not do it, so nothing was done: {detail} ({code})")
        self.code, self.status, self.word = code, status, word


class Calls:
    """One bucket's operations by their names in the S3 API; safe in several threads."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._wire = Wire(place.endpoint, place.trust)
        self._client = _client(place)
        self._client.meta.events.register("before-send.s3", self._wire.send)

    def call(self, operation: str, **given: Any) -> Any:
        """Return the operation's answer within the patience, tried up to four times; `Failing` where there is none.

        To be called for what may be done twice only: whoever creates looks afterwards what is there.
        """
        asked = getattr(self._client, operation)
        end = time.monotonic() + self._place.patience
        pauses = iter(_PAUSES)
        while True:
            try:
                with self._wire.until(end):
                    return _read(asked(Bucket=self._place.bucket, **given))
            except Exception as cause:  # noqa: BLE001 - whatever botocore makes of an answer, it is none
                failing, again = _told(cause)
            pause = next(pauses, None)
            if not again or pause is None or time.monotonic() + pause >= end:
                raise failing
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - so that many don't come back at once

    def close(self) -> None:
        """End the connections."""
        self._client.close()
        self._wire.close()


def _read(answer: Any) -> Any:
    """Return an answer with its body as bytes."""
    return {**answer, "Body": bytes(answer["Body"].read())} if "Body" in answer else answer


def _client(place: Place) -> Any:
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 1, "mode": "standard"},
        # What many stores can't do; the seal holds the bytes to what they were.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return Session(session_vars=_VARIABLES).create_client(
        "s3",
        region_name=place.region,
        endpoint_url=place.endpoint.geturl(),
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        aws_session_token=place.token or None,
        config=config,
    )


def _told(cause: Exception) -> tuple[Failing, bool]:
    """Return a failure as it is told, and whether it may pass."""
    if isinstance(cause, ClientError):
        said = cause.response
        status = int(said.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return _answered(status, str(said.get("Error", {}).get("Code", "")))
    if isinstance(cause, Elsewhere):
        return Failing(REDIRECTED, str(cause)), False
    if isinstance(cause, Late):
        return Failing(LATE, "no answer in time"), False
    if isinstance(cause, Broken):
        return Failing(UNREACHABLE, str(cause)), True
    why = str(cause) if isinstance(cause, Unasked) else type(cause).__name__
    return Failing(FAILED, f"its answer can't be read, {why}"), False


def _answered(status: int, word: str) -> tuple[Failing, bool]:
    shown = word if _WORD.fullmatch(word) else "no code"
    code = DENIED if status in {401, 403} else FAILED
    return Failing(code, f"it answered {status}, {shown}", status, shown), status in _PASSING
