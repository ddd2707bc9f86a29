"""Bundles for a real OPA server, good and bad, and a place from which it fetches one every second."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.policy_signing import ALGORITHM, KEY_ID, make_key, signer
from spe.policy.archive import SCOPE, archive
from spe.policy.bundle import Bundle, build


@dataclass(frozen=True, slots=True)
class Bundles:
    """A folder with our key, and somebody else's."""

    folder: Path

    @property
    def public(self) -> Path:
        return self.folder / "ours.pub"

    @property
    def file(self) -> Path:
        """Return the file that the configured server watches."""
        return self.folder / "bundle.tar.gz"

    def write(self, bundle: Bundle, key: str = "ours") -> Path:
        """Put `bundle` where the server looks, signed with `key`, or unsigned with none."""
        self.put(archive(bundle, signer(self.folder / f"{key}.pem") if key else None))
        return self.file

    def put(self, data: bytes) -> None:
        unfinished = self.folder / "unfinished"
        unfinished.write_bytes(data)
        unfinished.replace(self.file)

    def flags(self) -> tuple[str | Path, ...]:
        """Return what has a server load the file at its start, or not start."""
        key = ("--verification-key", self.public, "--verification-key-id", KEY_ID)
        return ("--bundle", self.file, *key, "--signing-alg", ALGORITHM, "--scope", SCOPE)

    def configuration(self, port: int) -> tuple[str | Path, ...]:
        """Return what has a server fetch the file from `port` every second, and say what it found."""
        wanted = {
            "services": {"files": {"url": f"http://127.0.0.1:{port}"}},
            "keys": {KEY_ID: {"algorithm": ALGORITHM, "key": self.public.read_text(), "scope": SCOPE}},
            "bundles": {
                "spe": {
                    "service": "files",
                    "resource": self.file.name,
                    "signing": {"keyid": KEY_ID, "scope": SCOPE},
                    "polling": {"min_delay_seconds": 1, "max_delay_seconds": 1},
                }
            },
            "status": {"prometheus": True},
        }
        file = self.folder / "opa.json"
        file.write_text(json.dumps(wanted))
        return ("--config-file", file)

    @contextmanager
    def served(self) -> Iterator[int]:
        """Serve the folder on loopback, and give the port."""
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(self.folder))) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                yield int(server.server_address[1])
            finally:
                server.shutdown()
                thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the inherited one
        pass


def make_bundles(folder: Path) -> Bundles:
    """Return a folder with two new keys."""
    for name in ("ours", "theirs"):
        make_key(folder / f"{name}.pem", folder / f"{name}.pub")
    return Bundles(folder)


def bundle_of(sources: Mapping[str, bytes] | None = None) -> Bundle:
    """Return the bundle of our policies, or of `sources`."""
    return build(sources or read_sources(), QUESTIONS)
