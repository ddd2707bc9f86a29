"""`spe cohort`: which subjects of a site a permit may use, as far as the reader may know."""

from __future__ import annotations

from spe.cli.options import group, verb

app = group("Cohorts: a permit's subjects at a site.")


@verb(app)
def show(permit: str, site: str) -> None:
    """Show the cohort's manifest; exact exclusions for holder and auditors only."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/permits/{permit}/sites/{site}/cohort"))


@verb(app)
def wait(permit: str, site: str, within: str = "60s") -> None:
    """Wait until the cohort is built and current."""
    from spe.cli.client import Api
    from spe.cli.show import say
    from spe.cli.waiting import wait_for

    api = Api()
    found = wait_for(
        "the cohort",
        lambda: api.get(f"/v1/permits/{permit}/sites/{site}/cohort"),
        lambda one: bool(one["status"] == "current"),
        within,
    )
    say(f"the cohort at {site} is current", found)
