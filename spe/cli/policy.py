"""`spe policy`: the rules, and what their codes mean to people."""

from __future__ import annotations

from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("The rules that decide.")


@verb(app)
def explain(
    code: Annotated[str, typer.Argument(help="A reason's code; without it, all of them")] = "",
) -> None:
    """Explain a reason: what the rule is, what mends it, by which article."""
    from spe.adapters.policy_files import read_sources
    from spe.cli.options import options
    from spe.cli.show import show as printed
    from spe.errors import NotFound, Reason
    from spe.policy.messages import catalogue
    from spe.policy.messages import explain as explained
    from spe.values import to_data

    texts = catalogue(read_sources())
    if not code:
        printed({name: texts[name].title for name in sorted(texts)})
        return
    if code not in texts:
        raise NotFound(f"no rule gives the reason {code[:80]!r}: `spe policy explain` lists all")
    printed({"code": code, **to_data(explained(texts, Reason(code), options().language))})
