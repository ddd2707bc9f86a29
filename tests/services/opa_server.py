"""A real OPA server for tests."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spe.adapters.policy_files import read_sources
from spe.setup.tools import OPA, find
from tests.services.opa_bundles import bundle_of, make_bundles
from tests.services.started import free_port, started


@dataclass(frozen=True, slots=True)
class OpaServer:
    """Where it listens, and its process."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Return what `SPE_POLICY_URL` is set to."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, str]:
        """Return the settings of an installation that has this server decide."""
        return {"policy_point": "opa", "policy_url": self.url}

    def get(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of what it answers to a GET."""
        return _get(self.port, path)


def opa_program() -> Path:
    """Return the OPA that was built, or that `SPE_OPA` names."""
    found = find(OPA)
    if found is None:
        raise RuntimeError("there is no OPA here: `make tools` builds it")
    return found


@contextmanager
def opa_server(folder: Path, *words: str | Path, port: int = 0) -> Iterator[OpaServer]:
    """Run OPA with `words`, its log in `folder`, until the block ends; it is there once it answers at all."""
    at = port or free_port()
    argv = [opa_program(), "run", "--server", "--skip-version-check", "--addr", f"127.0.0.1:{at}", *words]
    with started(argv, folder / "opa.log", lambda: _answers(at)) as process:
        yield OpaServer(at, process.pid)


@contextmanager
def deciding_server(folder: Path, port: int = 0, policies: Path | None = None) -> Iterator[OpaServer]:
    """Run OPA with the bundle of our policies, or of others, signed by a key that is made in `folder`, until the block ends."""
    bundles = make_bundles(folder)
    bundles.write(bundle_of(read_sources(policies) if policies else None))
    with opa_server(folder, *bundles.flags(), port=port) as server:
        yield server


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _answers(port: int) -> bool:
    try:
        return _get(port, "/health")[0] == 200
    except OSError:
        return False
