"""Who signs people in, and who verifies it: personas on a demo, an identity provider everywhere else; one verifier for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from spe.adapters.database.portal_sessions import DatabasePortalSessions
from spe.adapters.issuer import Client, Issuer, must_be_safe
from spe.adapters.personas import PersonaIssuer, new_secret
from spe.adapters.policy_files import read_sources
from spe.adapters.portal_login import PortalLogin
from spe.adapters.signed_claims import Expected
from spe.adapters.tokens import TokenVerifier
from spe.clock import Clock
from spe.crypto.keyed import derived
from spe.crypto.private_files import read_private
from spe.errors import Malformed, Reason, Unreachable
from spe.identity.portal import KeptSessions
from spe.identity.realm import API, CALLBACK, CLI, PORTAL
from spe.policy.messages import Explanation, catalogue, explain
from spe.settings import Settings
from spe.wiring.installation import Installation

_ATTEMPTS = b"spe portal attempts 1"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The verifier, and either the personas' issuer or the identity provider."""

    verifier: TokenVerifier
    personas: PersonaIssuer | None = None
    provider: Issuer | None = None

    def probe(self) -> None:
        """Raise `Unreachable` where no token could be verified now."""
        if not self.verifier.keys.ready():
            raise Unreachable("the identity provider's keys can't be had")

    def close(self) -> None:
        """End what was opened."""
        if self.provider is not None:
            self.provider.close()


def must_have_an_issuer(settings: Settings) -> None:
    """Raise `Malformed` unless exactly one of personas and an identity provider signs people in."""
    if settings.demo:
        if settings.oidc_issuer:
            raise Malformed("SPE_OIDC_ISSUER: personas of a demo and an identity provider exclude each other")
        return
    if not settings.oidc_issuer:
        raise Malformed(
            "SPE_OIDC_ISSUER: name the identity provider that signs people in, or start a demo with `spe serve --demo`"
        )
    must_be_safe(settings.oidc_issuer, "SPE_OIDC_ISSUER")
    must_be_safe(settings.public_url, "SPE_PUBLIC_URL")


def open_sign_in(here: Installation, clock: Clock) -> SignIn:
    """Return how people sign in at this installation; `Malformed` where nothing says how, `Unreachable` without secrets."""
    must_have_an_issuer(here.settings)
    if here.settings.demo:
        personas = PersonaIssuer(new_secret(here.home.persona_secret), clock)
        return SignIn(TokenVerifier(personas.expected(), personas.jwks, clock), personas=personas)
    name = here.settings.oidc_issuer
    provider = Issuer(name, Client(API, client_secret(here.settings, API)))
    expected = Expected(name, API, clients=(PORTAL, CLI))
    return SignIn(TokenVerifier(expected, provider.jwks, clock, provider.standing), provider=provider)


def portal_login(here: Installation, sign_in: SignIn, clock: Clock) -> PortalLogin | None:
    """Return the portal as a client of the identity provider; None on a demo."""
    if sign_in.provider is None:
        return None
    client = Client(PORTAL, client_secret(here.settings, PORTAL))
    callback = f"{here.settings.public_url.rstrip('/')}{CALLBACK}"
    return PortalLogin(sign_in.provider, client, sign_in.verifier.keys, clock, callback)


def kept_sessions(here: Installation) -> KeptSessions:
    """Return where sessions of the portal are kept, for all processes of this installation."""
    return DatabasePortalSessions(here.engine)


def attempt_key(here: Installation) -> bytes:
    """Return the key under which browsers keep their attempts to sign in, which any process may have begun."""
    return derived(here.home.master("staff"), _ATTEMPTS)


def origin(settings: Settings) -> str:
    """Return the origin (RFC 6454) of the portal's pages; "" on a demo, where it is what the browser asked for."""
    parts = urlsplit(settings.public_url)
    return "" if settings.demo else f"{parts.scheme}://{parts.netloc}"


def ways_in(settings: Settings) -> Mapping[str, str]:
    """Return what a client needs to know before anybody can sign in."""
    return {} if settings.demo else {"issuer": settings.oidc_issuer, "client": CLI}


def client_secret(settings: Settings, client: str) -> str:
    """Return a client's secret from its file in `oidc_secrets`; `Unreachable` where it is missing or open to others."""
    if not settings.oidc_secrets:
        raise Malformed(
            "SPE_OIDC_SECRETS: name the folder that `spe identity bootstrap` wrote the secrets into"
        )
    return read_private(Path(settings.oidc_secrets) / client).decode("ascii", "replace").strip()


def explainer(here: Installation) -> Callable[[Reason, str], Explanation]:
    """Return what explains a reason in a language, from the texts that came with the policies."""
    texts = catalogue(read_sources(here.settings.policies))
    return lambda reason, language: explain(texts, reason, language)
