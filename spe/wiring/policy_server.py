"""The decision point at an OPA server, put together from the settings."""

from __future__ import annotations

from dataclasses import replace

from spe.adapters.opa_engine import OpaEngine, opa_address
from spe.adapters.policy_point import PolicyPoint, rules
from spe.clock import SystemClock, epoch
from spe.errors import Unreachable
from spe.identity.model import WORKER
from spe.identity.questions import read_record
from spe.policy.unasked import FAULTS
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
    if found.revision != digest and (found.revision or not _decides(settings)):
        has = f"bundle {found.revision[:16]}" if found.revision else "no bundle that it tells of"
        said = f" ({found.said})" if found.said else ""
        raise Unreachable(f"the policy server has {has}{said}; this installation needs {digest}")
    return digest


def _decides(settings: Settings) -> bool:
    """Say whether the server decides by our bundle: of one that it got as a file (`--bundle`) it has no status to tell."""
    point = server_point(settings)
    try:
        asked = read_record(WORKER, "readiness", "public", epoch(SystemClock().now()))
        return not any(reason.code in FAULTS for reason in point.ask(asked).reasons)
    finally:
        point.close()


def _engine(settings: Settings) -> OpaEngine:
    address = opa_address(
        settings.policy_url, settings.policy_ca, settings.policy_certificate, settings.policy_key
    )
    return OpaEngine(address, settings.policy_milliseconds / 1000, settings.policy_connections)
