"""Thousands of forged tokens, keys that change while calls come, and libraries that must not be the ones who judge."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from spe.adapters.issuer_keys import REFETCH
from spe.adapters.signed_claims import Expected
from spe.adapters.tokens import TokenVerifier
from spe.errors import NotSignedIn
from spe.identity.model import Role
from tests.attacks.forger import GOOD, HEADER, ISSUER, KEY, OTHER, b64, jwks, signed, swapped_algorithms
from tests.builders import CHECKOUT
from tests.fakes import FixedClock

_CALLERS = 8
_PER_CALLER = 150


def wanted() -> Iterator[dict[str, Any]]:
    """Yield what a forger would like to be: anybody, of any organisation, in any role."""
    people = ("anna.ricci", "elena.russo", "claire.dubois", "ruth.keller", "somebody.else")
    for sub, organisation, role in itertools.product(people, ("uni-bologna", "hdab-it", "/audit-wien"), Role):
        if (sub, organisation, role) != ("anna.ricci", "uni-bologna", Role.DATA_USER):
            yield {**GOOD, "sub": sub, "organisation": organisation, "roles": [role.value]}


def forged() -> Iterator[str]:
    """Yield each wish with each signature of a forger: none, a right token's, another key's, of another algorithm."""
    others = [token.split(".") for token in swapped_algorithms()]
    good = signed().rpartition(".")[2]
    for claims in wanted():
        body = b64(json.dumps(claims).encode())
        yield f"{b64(json.dumps(HEADER).encode())}.{body}.{good}"
        yield signed(claims, key=OTHER)
        yield from (f"{head}.{body}.{signature}" for head, _, signature in others)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_of_five_thousand_forged_tokens_none_is_accepted() -> None:
    judge = TokenVerifier(Expected(ISSUER, "spe"), lambda: jwks(KEY), FixedClock())
    tried = accepted = 0
    for token in [*swapped_algorithms(), *forged()]:
        tried += 1
        try:
            judge.verify(token)
        except NotSignedIn:
            continue
        accepted += 1
    print(f"D1 {accepted} of {tried:,} forged tokens accepted")
    assert (tried >= 5_000, accepted) == (True, 0)


def test_keys_that_change_while_calls_come_drop_nobody_and_let_nobody_in() -> None:
    clock, second = FixedClock(), RSAKey.generate_key(2048, {"kid": "k2"})
    shown = [jwks(KEY)]
    judge = TokenVerifier(Expected(ISSUER, "spe"), lambda: shown[0], clock)
    old, new, stolen = signed(), signed(key=second, kid="k2"), signed(key=OTHER, kid="k2")
    judge.verify(old)
    clock.go_on(REFETCH)
    shown[0] = jwks(KEY, second)

    def call(number: int) -> tuple[int, int]:
        """Return how many valid tokens were dropped, and how many forged ones taken."""
        dropped = taken = 0
        for turn in range(_PER_CALLER):
            judge.purge() if turn % 10 == number else None
            dropped += sum(not _taken(judge, token) for token in (old, new))
            taken += _taken(judge, stolen)
        return dropped, taken

    with ThreadPoolExecutor(_CALLERS) as pool:
        found = list(pool.map(call, range(_CALLERS)))
    dropped, taken = (sum(each) for each in zip(*found, strict=True))
    print(
        f"D5 {dropped} valid tokens dropped, {taken} forged ones taken, of {_CALLERS * _PER_CALLER * 3:,} calls"
    )
    assert (dropped, taken) == (0, 0)
    shown[0] = jwks(second)
    clock.go_on(300)
    judge.purge()
    assert (_taken(judge, new), _taken(judge, old)) == (True, False)


def test_no_other_library_of_tokens_judges_here() -> None:
    """PyJWT isn't even installed with us (CVE-2026-48523, CVE-2024-53861), and python-keycloak's `decode_token` is never called."""
    locked = (CHECKOUT / "requirements" / "dev.txt").read_text().lower()
    assert not re.search(r"^pyjwt\b", locked, re.MULTILINE)
    for file in sorted((CHECKOUT / "spe").rglob("*.py")):
        assert not set(_decoders(file)), file


def _decoders(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in {"decode_token", "decode_complete"}:
            yield node.attr
        elif isinstance(node, ast.Import):
            yield from (
                one.name for one in node.names if one.name.partition(".")[0] in {"jwt", "jose", "jwcrypto"}
            )
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {
            "jwt",
            "jose",
            "jwcrypto",
        }:
            yield str(node.module)


def _taken(judge: TokenVerifier, token: str) -> bool:
    try:
        judge.verify(token)
    except NotSignedIn:
        return False
    return True
