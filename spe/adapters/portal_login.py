"""Signing in at the portal with Authlib: authorisation code with PKCE, and refreshing what it gave.

The ID token is verified as strictly as an access token, and must be of this very attempt (`nonce`) and of the same person.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import OK
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from requests.exceptions import RequestException

from spe.adapters.issuer import Client, Issuer
from spe.adapters.issuer_keys import IssuerKeys
from spe.adapters.signed_claims import Expected, expiry, invalid, signed_claims
from spe.clock import Clock, epoch
from spe.errors import NotSignedIn, Unreachable
from spe.identity.claims import session as session_of
from spe.identity.model import SECOND_FACTOR
from spe.identity.portal import Attempt, Logout, Tokens

_SECONDS = 5
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class PortalLogin:
    """The portal as a client of the issuer."""

    def __init__(self, issuer: Issuer, client: Client, keys: IssuerKeys, clock: Clock, callback: str) -> None:
        self._issuer = issuer
        self._client = client
        self._keys = keys
        self._clock = clock
        self._callback = callback

    def begin(self, max_age: int | None = None) -> tuple[str, Attempt]:
        """Return where to send the browser, and the attempt; `max_age` asks for a proof that is no older, in seconds."""
        attempt = Attempt(*(secrets.token_urlsafe(48) for _ in range(3)))
        wanted: dict[str, Any] = {"acr_values": SECOND_FACTOR, "nonce": attempt.nonce}
        if max_age is not None:
            wanted["max_age"] = max_age
        with _told():
            url, _ = self._session().create_authorization_url(
                self._issuer.endpoint("authorization_endpoint"),
                state=attempt.state,
                code_verifier=attempt.verifier,
                **wanted,
            )
        return str(url), attempt

    def finish(self, attempt: Attempt, state: str, code: str) -> Tokens:
        """Return what the code is worth; `NotSignedIn` for another attempt's answer, or a code that is worth nothing."""
        if not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise NotSignedIn("this answer belongs to another attempt to sign in: begin again")
        with _told():
            given = self._session().fetch_token(
                self._issuer.endpoint("token_endpoint"),
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
            )
        claims = self._identity(str(given.get("id_token", "")))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
            invalid()
        return _tokens(given, claims)

    def refresh(self, tokens: Tokens) -> Tokens:
        """Return new tokens of the same session; `NotSignedIn` where it is over."""
        with _told():
            given = self._session().refresh_token(
                self._issuer.endpoint("token_endpoint"), refresh_token=tokens.refresh
            )
        return Tokens(
            access=str(given.get("access_token", "")),
            refresh=str(given.get("refresh_token", tokens.refresh)),
            identity=str(given.get("id_token", tokens.identity)),
            session=tokens.session,
            subject=tokens.subject,
        )

    def revoke(self, tokens: Tokens) -> None:
        """Have the issuer end the session (RFC 7009); `Unreachable` where it doesn't answer."""
        with _told():
            answer = self._session().revoke_token(
                self._issuer.endpoint("revocation_endpoint"),
                token=tokens.refresh,
                token_type_hint="refresh_token",  # noqa: S106 - the name of a kind
            )
        if answer.status_code != OK:
            raise Unreachable(f"the identity provider answered {answer.status_code} to signing out")

    def logout(self, token: str) -> Logout:
        """Return whom a logout token (OpenID Connect Back-Channel Logout) signs out; `NotSignedIn` for any other token."""
        try:
            claims = signed_claims(token, self._keys, ("logout+jwt", "jwt"))
            self._expiry(claims)
            events = claims.get("events")
            if "nonce" in claims or not isinstance(events, dict) or _LOGOUT not in events:
                invalid()
            found = Logout(str(claims.get("sub") or ""), session_of(claims))
        except NotSignedIn:
            raise
        except Exception as cause:
            raise NotSignedIn("the token is not valid") from cause
        return found if found.subject or found.session else invalid()

    def _identity(self, token: str) -> Mapping[str, Any]:
        try:
            claims = signed_claims(token, self._keys, ("jwt",))
        except NotSignedIn:
            raise
        except Exception as cause:
            raise NotSignedIn("the token is not valid") from cause
        self._expiry(claims)
        return claims

    def _expiry(self, claims: Mapping[str, Any]) -> None:
        expected = Expected(self._issuer.name, self._client.id, clients=(self._client.id,))
        expiry(claims, expected, epoch(self._clock.now()))

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self._client.id,
            self._client.secret,
            scope="openid",
            redirect_uri=self._callback,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
            revocation_endpoint_auth_method="client_secret_basic",
            default_timeout=_SECONDS,
        )
        session.trust_env = False
        return session


def _tokens(given: Mapping[str, Any], claims: Mapping[str, Any]) -> Tokens:
    return Tokens(
        access=str(given.get("access_token", "")),
        refresh=str(given.get("refresh_token", "")),
        identity=str(given.get("id_token", "")),
        session=session_of(claims),
        subject=str(claims.get("sub", "")),
    )


@contextmanager
def _told() -> Iterator[None]:
    """Tell a refusal of the issuer as nobody signed in, its silence as unreachable."""
    try:
        yield
    except AuthlibBaseError as cause:
        raise NotSignedIn("the identity provider did not sign you in: begin again") from cause
    except (RequestException, ValueError) as cause:
        raise Unreachable("the identity provider does not answer") from cause
