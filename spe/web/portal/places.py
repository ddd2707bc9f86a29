"""Where pages are: the navigation of each role, and what can be gone to from outside."""

from __future__ import annotations

import re

from spe.identity.model import Role
from spe.web.portal.page import Place

SECRET = "__Host-spe-demo"  # noqa: S105 - the name of the cookie in which a demo's link leaves its secret
_LOCAL = re.compile(r"/(?!/)[A-Za-z0-9._~/?=&%+-]{0,500}")
_SIGN_IN = "/sign-in"

PLACES: tuple[Place, ...] = (
    Place("/", "What waits for you", frozenset()),
    Place("/cases", "Cases", frozenset({Role.COMMITTEE, Role.CHAIR})),
    Place("/outputs", "Outputs", frozenset({Role.OUTPUT_CHECKER})),
    Place("/log", "Log", frozenset({Role.AUDITOR})),
)
BUILT = frozenset({Role.COMMITTEE, Role.CHAIR, Role.OUTPUT_CHECKER, Role.AUDITOR})
"""The roles that have pages of their own so far."""


def local(path: str) -> str:
    """Return `path` if it is one of this server, to which a browser may be sent; else the first page's."""
    plain = _LOCAL.fullmatch(path) is not None and not path.startswith(_SIGN_IN)
    return path if plain and "/../" not in path else "/"
