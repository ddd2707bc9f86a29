"""`spe subject`: what subjects ask for through their data holder."""

from __future__ import annotations

from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("What subjects ask for: what happened with my data, and that my traces be erased.")
Key = Annotated[str, typer.Argument(help="Whose: HOLDER/PSEUDONYM")]


@verb(app)
def report(
    key: Key,
    zone: Annotated[str, typer.Option(help="Zone of the times shown, such as Europe/Rome")] = "UTC",
) -> None:
    """Say in plain language what happened with a subject's data (GDPR Art. 15); --lang en or it, --json for programs."""
    from spe.cli.client import Api
    from spe.cli.log_pages import zone_of
    from spe.cli.options import options
    from spe.cli.show import show
    from spe.subject.letter import letter
    from spe.subject.model import Report
    from spe.values import from_stored

    there = zone_of(zone)
    holder, subject = _parts(key)
    found = Api().get(f"/v1/holders/{holder}/subjects/report", subject=subject)
    if options().json:
        show(found)
        return
    text = letter(from_stored(Report, found), options().language, there)
    print("".join(char if char.isprintable() or char == "\n" else " " for char in text), end="")


@verb(app)
def erase(
    key: Key,
    ground: Annotated[
        str, typer.Option(help="Letter of GDPR Art. 17(1): a b c d e f; b is a withdrawn consent")
    ],
) -> None:
    """Have a subject's traces erased (GDPR Art. 17): the key goes, every proof still verifies. Nothing brings it back."""
    from spe.cli.client import Api
    from spe.cli.show import done

    holder, subject = _parts(key)
    body = {"subject": subject, "ground": ground}
    done("erasure ordered", Api().post(f"/v1/holders/{holder}/subjects/erasures", body))


def _parts(key: str) -> tuple[str, str]:
    from urllib.parse import quote

    from spe.errors import Malformed

    holder, _, subject = key.partition("/")
    if not holder or not subject:
        raise Malformed("KEY: HOLDER/PSEUDONYM, such as hospital-milano/mi-0f3a9c1b2d4e")
    return quote(holder, safe=""), subject
