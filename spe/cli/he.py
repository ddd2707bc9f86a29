"""`spe he`: encrypted sums, in a folder of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spe.cli.options import group, verb

app = group("Encrypted sums.")


@verb(app)
def demo(
    sites: Annotated[int, typer.Option(min=1, max=64, help="Sites that contribute")] = 5,
    k: Annotated[int, typer.Option("--k", min=2, max=16, help="Holders that it takes to open")] = 3,
    shares: Annotated[
        int | None, typer.Option(min=0, help="Holders that are asked; all of them where not given")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="A new folder to keep everything in")] = None,
) -> None:
    """Add up made-up tables of several sites: 2k - 1 key holders, an aggregator that has no key; exit 10 with too few of either."""
    import tempfile

    if folder is not None:
        _demo(folder, sites, k, shares)
        return
    with tempfile.TemporaryDirectory() as name:
        _demo(Path(name) / "sums", sites, k, shares)


def _demo(folder: Path, sites: int, k: int, shares: int | None) -> None:
    from spe.cli.show import say
    from spe.clock import SystemClock, epoch
    from spe.errors import Conflict, IntegrityFailure
    from spe.federation.files import SUM
    from spe.wiring.sums import disclosure_profile
    from spe.wiring.sums_demo import SumsDemo, open_round

    if folder.exists():
        raise Conflict(f"{folder} is there already: a demo begins in a new folder")
    holders = 2 * k - 1
    parties = SumsDemo(folder, sites, k, holders)
    now = epoch(SystemClock().now())
    parties.prepare(now)
    plain = parties.contribute()
    taken = parties.add_up()
    said = parties.ask(now, holders if shares is None else shares)
    opened, pooled = open_round(parties.round / SUM, parties.opener, now)
    if opened.values != plain:
        raise IntegrityFailure("the opened sum is not the sum of what the sites hold")
    verdicts = {one.layout.name: str(one.assess(disclosure_profile()).verdict) for one in pooled}
    found = {"contributions": taken, "holders": said, "exact": True, "values": len(plain), "checks": verdicts}
    text = f"{len(taken)} tables added up under encryption, opened by {k} of {holders} holders: exact in all {len(plain)} numbers"
    say(text, found)


@verb(app)
def decrypt(
    file: Annotated[Path, typer.Argument(help="agg.bin, in its round's folder")],
    opener: Annotated[
        Path | None, typer.Option(help="The opener's folder; `opener` beside the round where not given")
    ] = None,
    release: Annotated[Path | None, typer.Option(help="The released zip that holds these very bytes")] = None,
) -> None:
    """Open a sum and hand it to the output checks; it is shown only if two people released it, else exit 11."""
    from spe.cli.show import say
    from spe.clock import SystemClock, epoch
    from spe.errors import StoppedByChecks
    from spe.federation.pooled import for_people
    from spe.wiring.sums import disclosure_profile
    from spe.wiring.sums_demo import open_round

    place = opener or file.parent.parent / "opener"
    _, pooled = open_round(file, place, epoch(SystemClock().now()))
    judged = [for_people(one, disclosure_profile()) for one in pooled]
    for one in judged:
        if (one.permit, one.sha256) not in _released(release, place):
            raise StoppedByChecks(
                f"{one.layout.name} was opened inside and passed the machine's checks; "
                f"nobody sees it before two people have released it"
            )
    say(
        "".join(one.content.decode() for one in judged),
        {one.layout.name: one.content.decode() for one in judged},
    )


def _released(release: Path | None, opener: Path) -> set[tuple[str, str]]:
    """Return permit and digest of each file of a release that the opener's own key verifies; none without one."""
    from spe.cli.signed import verify_release
    from spe.wiring.sums import release_key

    if release is None:
        return set()
    fields = verify_release(release, release_key(opener))
    return {(str(fields["permit"]), str(one["sha256"])) for one in fields["files"]}
