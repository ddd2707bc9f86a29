"""Who signs people in, and who verifies it: on a demo the personas' issuer, with the verifier that production uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spe.adapters.personas import PersonaIssuer, new_secret
from spe.adapters.policy_files import read_sources
from spe.adapters.tokens import TokenVerifier
from spe.clock import Clock
from spe.errors import Malformed, Reason
from spe.policy.messages import Explanation, catalogue, explain
from spe.wiring.installation import Installation


@dataclass(frozen=True, slots=True)
class SignIn:
    """The issuer and the verifier that trusts it."""

    issuer: PersonaIssuer
    verifier: TokenVerifier


def demo_sign_in(here: Installation, clock: Clock) -> SignIn:
    """Return the demo's sign-in, with a new secret; `Malformed` for any other installation."""
    if not here.settings.demo:
        raise Malformed(
            "SPE_DEMO: sign-in with an identity provider is not built yet, so only demos can be served"
        )
    issuer = PersonaIssuer(new_secret(here.home.persona_secret), clock)
    return SignIn(issuer, TokenVerifier(issuer.expected(), issuer.jwks, clock))


def explainer(here: Installation) -> Callable[[Reason, str], Explanation]:
    """Return what explains a reason in a language, from the texts that came with the policies."""
    texts = catalogue(read_sources(here.settings.policies))
    return lambda reason, language: explain(texts, reason, language)
