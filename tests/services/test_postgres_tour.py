"""The whole tour over PostgreSQL, server and worker each with a role that can't change the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spe.demo.book import Book
from spe.demo.home import Home
from spe.demo.tour import journey, walk
from spe.settings import Settings
from spe.wiring.database import bring_up
from tests.services.postgres import OWNER, Server

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(600)]


def test_every_step_of_the_tour_is_as_expected(postgres: Server, tmp_path: Path) -> None:
    database = postgres.made()
    roles = {"serve": postgres.role("spe_api"), "worker": postgres.role("spe_worker")}
    bring_up(Settings(database_url=postgres.url(database)), *roles.values())
    urls = {name: postgres.url(database, role) for name, role in roles.items()}
    home, book = Home(tmp_path / "demo", port=0, databases=urls), Book()
    home.start()
    try:
        tour = journey(home, book)
        walk(tour)
        report = tmp_path / "reconciled.json"
        tour.cli("", "audit", "reconcile", "--read-only", "--out", str(report))
    finally:
        home.stop()
    assert [f"{one.step}: {one.got}, not {one.expected}" for one in book.failed()] == []
    assert len(book.receipts) > 50
    assert [one["unmatched"] for one in json.loads(report.read_text())["sources"] if one["unmatched"]] == []
    with postgres.connected(database) as connection:
        users = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = %s AND usename LIKE 'spe%%'"
        assert connection.execute(users, (database,)).fetchall() == []
        assert connection.execute("SELECT count(*) FROM log_entry").fetchone() != (0,)
    assert not list(home.home.rglob("spe.db"))
    assert OWNER not in "".join(urls.values())
