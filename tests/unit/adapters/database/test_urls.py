from __future__ import annotations

import pytest

from spe.adapters.database.engine import connect_arguments, database_url, open_database
from spe.errors import Malformed

HERE = (
    "postgresql:///spe",
    "postgresql:///spe?host=/run/postgresql",
    "postgresql://spe@localhost/spe",
    "postgresql://spe@127.0.0.1/spe",
    "postgresql://spe@[::1]:5433/spe",
    "postgresql+psycopg://spe@/spe?hostaddr=127.0.0.1&host=localhost",
)
AWAY = (
    "postgresql://spe@db.example/spe",
    "postgresql://spe@10.0.0.7/spe",
    "postgresql:///spe?host=db.example",
    "postgresql:///spe?host=/run/postgresql,db.example",
    "postgresql:///spe?host=/run/postgresql&host=db.example",
    "postgresql://spe@localhost/spe?hostaddr=10.0.0.7",
    "postgresql://spe@localhost.example/spe",
    "postgresql://spe@db.example/spe?sslmode=require",
    "postgresql://spe@db.example/spe?sslmode=verify-ca",
)


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("url", HERE)
def test_a_database_on_this_machine_needs_no_certificate(url: str) -> None:
    assert connect_arguments(database_url(url))["application_name"] == "spe"


@pytest.mark.parametrize("url", AWAY)
def test_a_database_on_another_machine_must_show_its_certificate(url: str) -> None:
    with pytest.raises(Malformed, match="verify-full"):
        open_database(url)
    connect_arguments(database_url("postgresql://spe@db.example/spe?sslmode=verify-full"))


def test_what_the_surroundings_say_counts_where_the_url_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    with pytest.raises(Malformed):
        open_database("postgresql:///spe")
    open_database("postgresql://localhost/spe")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    open_database("postgresql:///spe")


@pytest.mark.parametrize("name", ["service", "PGSERVICE"])
def test_a_service_file_is_refused_since_it_may_name_any_host(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name.isupper():
        monkeypatch.setenv(name, "elsewhere")
    with pytest.raises(Malformed, match="service"):
        open_database("postgresql:///spe" + ("" if name.isupper() else f"?{name}=elsewhere"))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://h/d", "postgresql+asyncpg://h/d"])
def test_what_is_no_database_of_ours_is_malformed(url: str) -> None:
    with pytest.raises(Malformed):
        open_database(url)


def test_what_the_url_says_of_the_connection_stands() -> None:
    assert "connect_timeout" not in connect_arguments(database_url("postgresql:///spe?connect_timeout=60"))
