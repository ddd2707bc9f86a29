"""The page of a token's claims, from the one table that the verifier is written from.

Run `python -m tests.shape.claim_pages` to write it anew.
"""

from __future__ import annotations

from spe.identity.claims import CLAIMS, TOGETHER, Need
from spe.identity.model import Role
from tests.shape.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "token-claims.md"
_HEAD = """# Claims of an access token

What the one verifier reads of a token, whoever issued it. Written by `python -m tests.shape.claim_pages`; a test compares.

The header has `alg` (RS256, by an RSA key of at least 2,048 bits that the issuer's JWKS names for it), `kid` and `typ` (`at+jwt`), and
nothing else: `crit`, `jku`, `jwk`, `x5u` and the like are refused. The issuer is compared exactly; times have a leeway of 30 s; a token
lives a day at most. A claim that is given twice is refused, and so is one that is not of its form. Claims that are not in the table are
not read.
"""
_TITLES = {
    Need.REQUIRED: "Required",
    Need.OPTIONAL: "Optional",
    Need.IGNORED: "Deliberately ignored",
    Need.REFUSED: "Refused",
}


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(_section(need) for need in Need), _roles()])


def _section(need: Need) -> str:
    rows = [f"| `{claim.name}` | {claim.meaning} |" for claim in CLAIMS if claim.need is need]
    return "\n".join([f"## {_TITLES[need]}\n", "| claim | what it is for |", "| --- | --- |", *rows, ""])


def _roles() -> str:
    names = ", ".join(f"`{role.value}`" for role in Role if role is not Role.WORKER)
    pairs = "; ".join(" and ".join(f"`{role.value}`" for role in sorted(pair)) for pair in TOGETHER)
    return f"## Roles\n\n{names}. A token carries one of them, or a pair that may go together: {pairs}.\n"


if __name__ == "__main__":
    PAGE.write_text(page())
