"""A store that speaks S3 for tests: moto's server, a process of its own on loopback, with one empty bucket."""

from __future__ import annotations

import http.client
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.session import Session

from spe.adapters.s3_calls import Calls, Place
from spe.adapters.s3_store import S3Store
from tests.services.started import free_port, started

BUCKET: Final = "sealed"
SECRETS: Final[Mapping[str, str]] = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where it listens, and its process."""

    url: str
    pid: int

    def place(self, **changed: Any) -> Place:
        """Return how the store is reached."""
        given: dict[str, Any] = {
            "endpoint": urlsplit(self.url),
            "bucket": BUCKET,
            "region": "us-east-1",
            "access_key": SECRETS["AWS_ACCESS_KEY_ID"],
            "secret_key": SECRETS["AWS_SECRET_ACCESS_KEY"],
        }
        return Place(**given | changed)

    @contextmanager
    def store(self, prefix: str = "", **changed: Any) -> Iterator[S3Store]:
        """Open a store in the bucket until the block ends."""
        opened = S3Store(Calls(self.place()), prefix, **changed)
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Let it hear everything and answer nothing until the block ends."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Be whoever operates the store, until the block ends: a client that is not ours."""
        made = Session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=SECRETS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=SECRETS["AWS_SECRET_ACCESS_KEY"],
        )
        try:
            yield made
        finally:
            made.close()


@contextmanager
def s3_server(folder: Path, port: int = 0) -> Iterator[S3Server]:
    """Run the server, its log in `folder`, until the block ends; an empty bucket is there from the start."""
    at = port or free_port()
    argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(at)]
    with started(argv, folder / "s3.log", lambda: _makes_bucket(at)) as process:
        yield S3Server(f"http://127.0.0.1:{at}", process.pid)


def _makes_bucket(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    who = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"
    try:
        connection.request("PUT", f"/{BUCKET}", headers={"Authorization": who})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
