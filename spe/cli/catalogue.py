"""`spe catalogue`: data holders describe and deliver datasets, everybody looks for them."""

from __future__ import annotations

from pathlib import Path

from spe.cli.options import group, verb

app = group("Datasets: what there is, who holds it, for what it may be used.")


@verb(app)
def register(entry: Path) -> None:
    """Announce a dataset by its entry (YAML)."""
    from spe.catalogue.model import Dataset
    from spe.cli.client import Api
    from spe.cli.files import read_value
    from spe.cli.show import done

    done("registered", Api().post("/v1/datasets", read_value(Dataset, entry)))


@verb(app)
def deliver(dataset: str, file: Path) -> None:
    """Deliver a dataset's rows (CSV); they are checked against the codebook and sealed as they come."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("delivered", Api().post_file(f"/v1/datasets/{dataset}/data", "text/csv", file))


@verb(app)
def withdraw(dataset: str) -> None:
    """Take a dataset out of the catalogue."""
    from spe.cli.client import Api
    from spe.cli.show import done

    done("withdrawn", Api().post(f"/v1/datasets/{dataset}/withdraw"))


@verb(app, "list")
def browse(after: str = "", limit: int = 50) -> None:
    """List published entries."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get("/v1/datasets", after=after, limit=limit))


@verb(app)
def show(dataset: str) -> None:
    """Show one entry; exact counts for its holder and auditors only."""
    from spe.cli.client import Api
    from spe.cli.show import show as printed

    printed(Api().get(f"/v1/datasets/{dataset}"))
