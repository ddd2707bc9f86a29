"""The realm that `spe` needs at Keycloak, as data: what each thing in it must be, and why.

Sign-in is password and one-time code, every time: no cookie spares either; tokens live minutes; organisations are groups; roles are those of the API's
client. A client scope puts into access tokens exactly the claims of `identity/claims.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from spe.identity.model import SECOND_FACTOR, Role
from spe.identity.tightening import AtLeast, AtMost, Exactly, Including, PasswordPolicy, Ranked, Want, Wanted

API = "spe-api"
PORTAL = "spe-portal"
CLI = "spe-cli"
SCOPE = "spe"
FLOW = "spe sign-in"
CALLBACK = "/auth/callback"
BACK_CHANNEL = "/auth/back-channel-logout"
ROLES = tuple(role.value for role in Role if role is not Role.WORKER)
SCOPES = ("acr", "basic", SCOPE)
LEVELS = {"first-factor": "1", SECOND_FACTOR: "2"}
EXECUTIONS = (
    ("flow", "CONDITIONAL"),
    ("conditional-level-of-authentication", "REQUIRED"),
    ("auth-username-password-form", "REQUIRED"),
    ("auth-otp-form", "REQUIRED"),
)
"""The flow as Keycloak lists it: one subflow, and in it the condition that gives it its level, then both factors."""
_YES, _NO = Exactly(True), Exactly(False)


@dataclass(frozen=True, slots=True)
class Mapper:
    """A mapper of the client scope: the kind Keycloak calls it by, the claim it writes, and its own settings."""

    name: str
    kind: str
    config: tuple[tuple[str, str], ...]


def realm() -> Wanted:
    """Return the realm's own settings; times in seconds."""
    return {
        "enabled": _YES,
        "sslRequired": Ranked("external", ("none", "external", "all")),
        "registrationAllowed": _NO,
        "editUsernameAllowed": _NO,
        "rememberMe": _NO,
        "bruteForceProtected": _YES,
        "failureFactor": AtMost(5),
        "waitIncrementSeconds": AtLeast(60),
        "maxFailureWaitSeconds": AtLeast(900),
        "maxDeltaTimeSeconds": AtLeast(43_200),
        "accessTokenLifespan": AtMost(300),
        "accessCodeLifespan": AtMost(60),
        "accessCodeLifespanLogin": AtMost(1800),
        "ssoSessionIdleTimeout": AtMost(1800),
        "ssoSessionMaxLifespan": AtMost(36_000),
        "oauth2DeviceCodeLifespan": AtMost(600),
        "revokeRefreshToken": _YES,
        "refreshTokenMaxReuse": AtMost(0, least=0),
        "passwordPolicy": PasswordPolicy(12),
        "otpPolicyType": Exactly("totp"),
        "otpPolicyDigits": AtLeast(6),
        "otpPolicyLookAheadWindow": AtMost(1, least=0),
        "otpPolicyCodeReusable": _NO,
        "eventsEnabled": _YES,
        "adminEventsEnabled": _YES,
        "defaultSignatureAlgorithm": Exactly("RS256"),
        "attributes": {"acr.loa.map": Exactly(json.dumps(LEVELS, separators=(",", ":")))},
    }


def clients(public_url: str) -> dict[str, Wanted]:
    """Return the clients by their identifiers; `public_url` is where people reach the portal."""
    return {
        API: {
            **_client("The API: the audience of tokens, and who asks whether one still stands"),
            "publicClient": _NO,
        },
        PORTAL: {
            **_client("The portal: authorisation code with PKCE"),
            "publicClient": _NO,
            "standardFlowEnabled": _YES,
            "redirectUris": Including((f"{public_url}{CALLBACK}",)),
            "attributes": {
                **_signing_in(),
                "backchannel.logout.url": Exactly(f"{public_url}{BACK_CHANNEL}"),
                "backchannel.logout.session.required": Exactly("true"),
                "post.logout.redirect.uris": Exactly(f"{public_url}/"),
            },
        },
        CLI: {
            **_client("The command line: device authorisation"),
            "publicClient": _YES,
            "attributes": {**_signing_in(), "oauth2.device.authorization.grant.enabled": Exactly("true")},
        },
    }


def mappers() -> tuple[Mapper, ...]:
    """Return the mappers that write our claims into access tokens."""
    return (
        Mapper("audience", "oidc-audience-mapper", (("included.client.audience", API),)),
        Mapper(
            "roles",
            "oidc-usermodel-client-role-mapper",
            (
                ("claim.name", "roles"),
                ("usermodel.clientRoleMapping.clientId", API),
                ("multivalued", "true"),
                ("jsonType.label", "String"),
            ),
        ),
        Mapper(
            "organisation",
            "oidc-group-membership-mapper",
            (("claim.name", "organisation"), ("full.path", "true")),
        ),
        Mapper("name", "oidc-full-name-mapper", ()),
        _attribute("holder", "String"),
        _attribute("trained_until", "long"),
        _attribute("member_until", "long"),
    )


ATTRIBUTES: dict[str, str] = {
    "holder": "The data holder that the person acts for",
    "trained_until": "End of their training, seconds since 1970",
    "member_until": "End of their membership, seconds since 1970",
}
"""What the user profile holds beside Keycloak's own; people see theirs, administrators alone write them."""


def _client(description: str) -> dict[str, Want]:
    return {
        "enabled": _YES,
        "protocol": Exactly("openid-connect"),
        "description": Exactly(description),
        "fullScopeAllowed": _NO,
        "standardFlowEnabled": _NO,
        "implicitFlowEnabled": _NO,
        "directAccessGrantsEnabled": _NO,
        "serviceAccountsEnabled": _NO,
        "frontchannelLogout": _NO,
    }


def _signing_in() -> dict[str, Want]:
    return {
        "access.token.header.type.rfc9068": Exactly("true"),
        "pkce.code.challenge.method": Exactly("S256"),
        "default.acr.values": Exactly(SECOND_FACTOR),
    }


def _attribute(name: str, kind: str) -> Mapper:
    config = (("user.attribute", name), ("claim.name", name), ("jsonType.label", kind))
    return Mapper(name, "oidc-usermodel-attribute-mapper", config)
