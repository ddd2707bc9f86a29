"""The decision point that settings choose, and the policies as a person at the command line looks at them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, cast

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import JOURNEY, QUESTIONS
from spe.adapters.policy_point import PolicyPoint, embedded_point
from spe.adapters.policy_signing import make_key, signer
from spe.adapters.regopy_engine import compiled
from spe.errors import Malformed
from spe.policy.archive import archive
from spe.policy.bundle import build
from spe.policy.messages import Catalogue, catalogue
from spe.policy.model import Question
from spe.policy.source_check import check_sources
from spe.settings import Settings


def decision_point(
    settings: Settings, earlier: frozenset[str] = frozenset(), *, size: int = 2
) -> PolicyPoint:
    """Return the decision point that settings choose; `Malformed` where they choose none.

    `earlier` are bundles once in force, `size` is how many embedded engines there are.
    """
    if settings.policy_point == "opa":
        return cast(PolicyPoint, _served().server_point(settings, earlier))
    if settings.policy_point != "embedded":
        raise Malformed("SPE_POLICY_POINT: must be embedded or opa")
    deadline = settings.policy_milliseconds / 1000
    return embedded_point(settings.policies, settings.cache / "policy", size=size, deadline=deadline)


def bundle_in_force(settings: Settings) -> str:
    """Return the digest that every decision carries; `Unreachable` says what else the policy engine has."""
    if settings.policy_point == "opa":
        return str(_served().served_bundle(settings))
    point = decision_point(settings, size=1)
    point.close()
    return point.bundle()


def _served() -> Any:
    # The client of policy servers takes long to import, and most processes never ask one.
    return import_module("spe.wiring.policy_server")


def policy_texts() -> Catalogue:
    """Return the texts of every reason and obligation."""
    return catalogue(read_sources())


def policy_gates(*, every: bool = False) -> dict[str, dict[str, str]]:
    """Return what is asked at each of the five gates of a project, or all that policy is ever asked, and what it means."""
    journey = {gate: {kind.gate: _asks(kind) for kind in kinds} for gate, kinds in JOURNEY.items()}
    if not every:
        return journey
    told = {question for questions in journey.values() for question in questions}
    return {**journey, "elsewhere": {kind.gate: _asks(kind) for kind in QUESTIONS if kind.gate not in told}}


def _asks(question: type[Question]) -> str:
    return " ".join((question.__doc__ or "").split("\n\n")[0].split())


def policy_problems() -> tuple[int, list[str]]:
    """Return how many policy files there are, and what breaks the house rules."""
    sources = read_sources()
    return len(sources), check_sources(sources)


def build_policies(folder: Path) -> tuple[str, Path]:
    """Build the bundle, compile it into `folder`, and return its digest and the compiled file."""
    bundle = build(read_sources(), QUESTIONS)
    return bundle.digest, compiled(bundle, folder)


def make_signing_key(folder: Path) -> tuple[Path, Path]:
    """Write a new key for signing policies into `folder`, and return its private and its public file."""
    private, public = folder / "policy-signing.pem", folder / "policy-verification.pem"
    make_key(private, public)
    return private, public


def sign_policies(key: Path, out: Path) -> str:
    """Write the bundle, signed with `key`, to `out` for OPA and return its digest; `Malformed` if house rules are broken."""
    problems = policy_problems()[1]
    if problems:
        raise Malformed("\n  ".join(["the policies break house rules, so they are not signed:", *problems]))
    bundle = build(read_sources(), QUESTIONS)
    unfinished = out.with_name(f"{out.name}.part")
    unfinished.write_bytes(archive(bundle, signer(key)))
    unfinished.replace(out)
    return bundle.digest
