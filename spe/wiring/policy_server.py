"""The decision point at an OPA server, put together from the settings."""

from __future__ import annotations

from dataclasses import replace

from spe.adapters.opa_engine import OpaEngine, opa_address
from spe.adapters.policy_point import PolicyPoint, rules
from spe.errors import Unreachable
from spe.settings import Settings


def server_point(settings: Settings, earlier: frozenset[str] = frozenset()) -> PolicyPoint:
    """Return the decision point at the server, which must have the bundle of the policies in the settings' folder.

    The server need not be there yet: until it is, everything is denied. `earlier` are bundles once in force.
    """
    _, known = rules(settings.policies)
    return PolicyPoint(_engine(settings), replace(known, earlier=earlier))


def served_bundle(settings: Settings) -> str:
    """Return the digest of the bundle that server and installation have in common; `Unreachable` says what it has instead."""
    digest = rules(settings.policies)[0].digest
    engine = _engine(settings)
    try:
        found = engine.loaded()
    finally:
        engine.close()
    if found.revision != digest:
        has = f"bundle {found.revision[:16]}" if found.revision else "no bundle that it tells of"
        said = f" ({found.said})" if found.said else ""
        raise Unreachable(f"the policy server has {has}{said}; this installation needs {digest}")
    return digest


def _engine(settings: Settings) -> OpaEngine:
    address = opa_address(
        settings.policy_url, settings.policy_ca, settings.policy_certificate, settings.policy_key
    )
    return OpaEngine(address, settings.policy_milliseconds / 1000, settings.policy_connections)
