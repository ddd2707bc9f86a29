"""Demo personas: synthetic people, and an issuer on loopback that signs real, short-lived tokens for them.

Nobody here exists. Signing in needs the secret that each start of the server writes for its owner alone. A persona has no
second device: that the same secret is sent again when a second factor is asked for is all that it proves.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import RSAKey

from spe.adapters.issuer_keys import ALGORITHM
from spe.adapters.signed_claims import Expected
from spe.clock import Clock, epoch
from spe.crypto.private_files import read_private, write_whole
from spe.errors import NotFound, NotSignedIn
from spe.identity.model import SECOND_FACTOR, Role

ISSUER = "http://127.0.0.1/demo"
AUDIENCE = "spe"
LIFE = 600
_BITS = 2048
_YEAR = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Persona:
    """One synthetic person of the demo; `trained` and `member` hold for a year from the token's birth."""

    id: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    does: str
    holder: str = ""


_R = Role
PERSONAS: tuple[Persona, ...] = (
    Persona("anna.ricci", "Anna Ricci", "uni-bologna", (_R.DATA_USER,), "applies for data"),
    Persona("jonas.weber", "Jonas Weber", "tu-muenchen", (_R.DATA_USER,), "is on the applicant's team"),
    Persona("elena.russo", "Elena Russo", "hdab-it", (_R.COMMITTEE, _R.CHAIR), "chairs the committee"),
    Persona("pieter.devries", "Pieter de Vries", "erasmus-ethics", (_R.COMMITTEE,), "is on the committee"),
    Persona(
        "maria.silva", "Maria Silva", "patients-pt", (_R.COMMITTEE,), "is on the committee, for patients"
    ),
    Persona(
        "luca.ferrari",
        "Luca Ferrari",
        "uni-bologna",
        (_R.COMMITTEE,),
        "is on the committee, of the applicant's own",
    ),
    Persona(
        "giulia.conti", "Giulia Conti", "hospital-milano", (_R.DATA_HOLDER,), "holds data", "hospital-milano"
    ),
    Persona(
        "karl.hoffmann",
        "Karl Hoffmann",
        "hospital-berlin",
        (_R.DATA_HOLDER,),
        "holds data",
        "hospital-berlin",
    ),
    Persona(
        "sofia.martin", "Sofía Martín", "hospital-madrid", (_R.DATA_HOLDER,), "holds data", "hospital-madrid"
    ),
    Persona("nora.lind", "Nora Lind", "biobank-uppsala", (_R.DATA_HOLDER,), "holds data", "biobank-uppsala"),
    Persona("claire.dubois", "Claire Dubois", "checkers-lyon", (_R.OUTPUT_CHECKER,), "checks outputs"),
    Persona("tomas.novak", "Tomáš Novák", "checkers-brno", (_R.OUTPUT_CHECKER,), "checks outputs"),
    Persona("ines.costa", "Inês Costa", "checkers-porto", (_R.OUTPUT_CHECKER,), "checks outputs, reconciles"),
    Persona("mikko.virtanen", "Mikko Virtanen", "code-helsinki", (_R.CODE_APPROVER,), "approves code"),
    Persona("zofia.nowak", "Zofia Nowak", "code-krakow", (_R.CODE_APPROVER,), "approves code"),
    Persona(
        "paul.moreau", "Paul Moreau", "code-helsinki", (_R.CODE_APPROVER,), "approves code, like a colleague"
    ),
    Persona("ruth.keller", "Ruth Keller", "audit-wien", (_R.AUDITOR,), "audits"),
    Persona("oscar.berg", "Oscar Berg", "spe-operations", (_R.OPERATOR,), "operates the installation"),
)


class PersonaIssuer:
    """Signs tokens for personas with a key that lives as long as the server; `secret` is asked for each token."""

    def __init__(self, secret: str, clock: Clock, personas: tuple[Persona, ...] = PERSONAS) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._personas = {persona.id: persona for persona in personas}
        self._key = RSAKey.generate_key(
            _BITS, {"kid": f"demo-{secrets.token_hex(8)}", "use": "sig", "alg": ALGORITHM}
        )

    def expected(self) -> Expected:
        """Return what the verifier must expect of this issuer's tokens."""
        return Expected(ISSUER, AUDIENCE)

    def jwks(self) -> bytes:
        """Return the public key as a JWKS."""
        return json.dumps({"keys": [self._key.as_dict(private=False)]}).encode()

    def personas(self) -> tuple[Persona, ...]:
        """Return everybody there is."""
        return tuple(self._personas.values())

    def token(self, persona: str, secret: str, *, second_factor: bool = False) -> str:
        """Return a token of ten minutes; `NotSignedIn` for a wrong secret, `NotFound` for an unknown persona."""
        if not hmac.compare_digest(secret.encode(), self._secret):
            raise NotSignedIn("the persona secret is not the one of this start of the server")
        if persona not in self._personas:
            raise NotFound("there is no such persona: `spe demo personas` lists them")
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": str(self._key.kid)}
        claims = _claims(self._personas[persona], epoch(self._clock.now()), second_factor=second_factor)
        return jwt.encode(header, dict(claims), self._key, algorithms=[ALGORITHM])


def new_secret(path: Path) -> str:
    """Write a new secret to `path`, for this account alone (0600), and return it; each start of a server calls this."""
    secret = secrets.token_urlsafe(32)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, [f"{secret}\n".encode()])
    return secret


def read_secret(path: Path) -> str:
    """Return the secret of the running server; `Unreachable` where there is none or others could read it."""
    return read_private(path).decode("ascii", "replace").strip()


def _claims(persona: Persona, now: int, *, second_factor: bool) -> Mapping[str, str | int | list[str]]:
    claims: dict[str, str | int | list[str]] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + LIFE,
        "jti": secrets.token_hex(16),
        "auth_time": now,
        "acr": SECOND_FACTOR if second_factor else "first-factor",
        "sub": persona.id,
        "name": persona.name,
        "organisation": persona.organisation,
        "roles": [role.value for role in persona.roles],
        "trained_until": now + _YEAR,
        "member_until": now + _YEAR,
    }
    return claims | ({"holder": persona.holder} if persona.holder else {})
