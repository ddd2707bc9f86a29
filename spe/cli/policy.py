"""`spe policy`: the rules, and what their codes mean to people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("The rules that decide.")


@verb(app)
def explain(
    code: Annotated[str, typer.Argument(help="A reason's code; without it, all of them")] = "",
) -> None:
    """Explain a reason: what the rule is, what mends it, by which article."""
    from spe.cli.options import options
    from spe.cli.show import show as printed
    from spe.errors import NotFound, Reason
    from spe.policy.messages import explain as explained
    from spe.values import to_data
    from spe.wiring.policies import policy_texts

    texts = policy_texts()
    if not code:
        printed({name: texts[name].title for name in sorted(texts)})
        return
    if code not in texts:
        raise NotFound(f"no rule gives the reason {code[:80]!r}: `spe policy explain` lists all")
    printed({"code": code, **to_data(explained(texts, Reason(code), options().language))})


@verb(app)
def gates(
    every: Annotated[bool, typer.Option("--all", help="Also what is asked elsewhere")] = False,
) -> None:
    """List the gates of a project, and what policy is asked at each: nothing passes unasked."""
    from spe.cli.show import show as printed
    from spe.wiring.policies import policy_gates

    printed(policy_gates(every=every))


@verb(app)
def check() -> None:
    """Check the policies against the house rules; exit 2 names what breaks them."""
    from spe.cli.show import say
    from spe.errors import Malformed
    from spe.wiring.policies import policy_problems

    files, problems = policy_problems()
    if problems:
        raise Malformed("\n  ".join(["the policies break house rules:", *problems]))
    say(f"{files} policy files are as they should be", {"files": files, "problems": []})


@verb(app)
def build(out: Annotated[Path, typer.Option(help="Folder for the compiled bundle")]) -> None:
    """Build the bundle of policies and compile it for the embedded engine."""
    from spe.cli.show import say
    from spe.wiring.policies import build_policies

    digest, file = build_policies(out)
    say(f"bundle {digest} is in {file}", {"digest": digest, "file": str(file)})


@verb(app)
def key(out: Annotated[Path, typer.Option(help="Folder for the two files")]) -> None:
    """Make a key for signing policies; the public half is what an OPA server verifies with."""
    from spe.cli.show import say
    from spe.wiring.policies import make_signing_key

    private, public = make_signing_key(out)
    say(
        f"{private} signs and stays with you; OPA verifies with {public}",
        {"private": str(private), "public": str(public)},
    )


@verb(app)
def sign(
    key: Annotated[Path, typer.Option(help="The private key")],
    out: Annotated[Path, typer.Option(help="The file that an OPA server loads")],
) -> None:
    """Build the bundle of policies for an OPA server and sign it; policies that break a house rule are not signed."""
    from spe.cli.show import say
    from spe.wiring.policies import sign_policies

    digest = sign_policies(key, out)
    say(f"bundle {digest} is signed in {out}", {"digest": digest, "file": str(out)})
