"""Tokens as a forger makes them: signed by hand, so that no library's own checks stand between forger and verifier."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from spe.adapters.signed_claims import Expected
from spe.adapters.tokens import TokenVerifier
from spe.clock import epoch
from spe.errors import NotSignedIn
from tests.fakes import FixedClock

ISSUER = "https://id.example.eu/realms/spe"
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHER = RSAKey.generate_key(2048, {"kid": "k1"})
CLOCK = FixedClock()
NOW = epoch(CLOCK.now())
GOOD: Mapping[str, Any] = {
    "iss": ISSUER,
    "aud": "spe",
    "sub": "anna.ricci",
    "iat": NOW,
    "exp": NOW + 600,
    "organisation": "uni-bologna",
    "roles": ["data_user"],
}
HEADER: Mapping[str, Any] = {"alg": "RS256", "kid": "k1", "typ": "at+jwt"}


def jwks(*keys: RSAKey) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def verifier(
    clock: FixedClock = CLOCK, source: Callable[[], bytes] = lambda: jwks(KEY), **more: Any
) -> TokenVerifier:
    return TokenVerifier(Expected(ISSUER, "spe", **more), source, clock)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(claims: Any = None, key: RSAKey = KEY, **header: Any) -> str:
    """Sign by hand, so that no library's own checks stand between the forger and the verifier."""
    head = {name: value for name, value in {**HEADER, **header}.items() if value is not None}
    body = GOOD if claims is None else claims
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    bare = b64(json.dumps(head).encode()) + "." + b64(payload)
    signature = jws.JWSRegistry.algorithms["RS256"].sign(bare.encode(), key)
    return f"{bare}.{b64(signature)}"


def with_claim(name: str, value: Any) -> str:
    return signed({**GOOD, name: value})


def without_claim(name: str) -> str:
    return signed({key: value for key, value in GOOD.items() if key != name})


def refused(token: str, judge: TokenVerifier | None = None) -> None:
    with pytest.raises(NotSignedIn):
        (judge or verifier()).verify(token)


def swapped_algorithms() -> Iterator[str]:
    head_of = [
        "none",
        "None",
        "nOnE",
        "NONE",
        "",
        "HS256",
        "HS384",
        "HS512",
        "RS384",
        "RS512",
        "PS256",
        "ES256",
        "EdDSA",
    ]
    public: Any = KEY.public_key
    secrets = [
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        json.dumps(KEY.as_dict(private=False)).encode(),
    ]
    body = b64(json.dumps(GOOD).encode())
    for name in head_of:
        head = b64(json.dumps({**HEADER, "alg": name}).encode())
        yield f"{head}.{body}."
        yield signed(alg=name)
        yield f"{head}.{body}.{signed().rpartition('.')[2]}"
    for secret in secrets:
        for name in ("HS256", "RS256"):
            head = b64(json.dumps({**HEADER, "alg": name}).encode())
            mac = hmac.digest(secret, f"{head}.{body}".encode(), "sha256")
            yield f"{head}.{body}.{b64(mac)}"
    for other in (ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")):
        name = "ES256" if isinstance(other, ECKey) else "EdDSA"
        yield jwt.encode({**HEADER, "alg": name}, dict(GOOD), other, algorithms=[name])
