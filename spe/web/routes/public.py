"""What anybody may ask: whether the server lives and is ready, and the public keys that signatures are checked with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.responses import JSONResponse

from spe.errors import SpeError
from spe.web.calls import returns
from spe.web.leaves import counted

Probe = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Public:
    """Probes of the needed parts by name (each returns, or raises one of our errors), public keys by kind, ways to sign in."""

    probes: Mapping[str, Probe]
    keys: Mapping[str, str]
    ways_in: Mapping[str, str] = field(default_factory=dict)

    def router(self) -> APIRouter:
        """Return the public routes."""
        router = APIRouter(tags=["public"])
        router.get("/healthz", responses=returns(dict, "The process lives"), openapi_extra=counted())(healthz)
        router.get(
            "/readyz",
            responses=returns(dict, "Every needed part answers")
            | returns(dict, "Some part does not answer", 503),
            openapi_extra=counted(),
        )(self.readyz)
        router.get(
            "/v1/keys",
            responses=returns(dict, "Public keys by kind of statement, as name+hash+base64"),
            openapi_extra=counted(),
        )(self.show_keys)
        router.get(
            "/v1/sign-in",
            responses=returns(dict, "Who signs people in here, and what the command line is called there"),
            openapi_extra=counted(),
        )(self.show_ways_in)
        return router

    def readyz(self) -> JSONResponse:
        """Ask every needed part; 503 says which of them does not answer."""
        parts = {name: _asked(probe) for name, probe in self.probes.items()}
        ready = all(state == "ok" for state in parts.values())
        return JSONResponse({"ready": ready, "parts": parts}, 200 if ready else 503)

    def show_ways_in(self) -> JSONResponse:
        """Return how people sign in."""
        return JSONResponse(dict(self.ways_in))

    def show_keys(self) -> JSONResponse:
        """Return the public keys."""
        return JSONResponse(dict(self.keys))


def healthz() -> JSONResponse:
    """Say that the process lives."""
    return JSONResponse({"live": True})


def _asked(probe: Probe) -> str:
    try:
        probe()
    except SpeError as error:
        return error.title
    except Exception:  # noqa: BLE001 - whatever is wrong with a part, it is not ready
        return "failed"
    return "ok"
