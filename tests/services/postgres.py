"""A PostgreSQL of its own in a temporary folder: unprivileged, reached by its socket only, ended by its number."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg.conninfo
from psycopg import sql

_NOBODY = 65534
_PATIENCE = 60.0
_PORT = 5432
_ROOM = 2 << 30
OWNER = "spe_owner"


@dataclass(slots=True)
class Server:
    """A server that runs; every database made here is owned by `spe_owner`, who is nobody else of importance."""

    folder: Path
    process: subprocess.Popen[bytes]
    password: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str, user: str = OWNER, folder: Path | None = None) -> str:
        """Return the URL of a database; `folder` is that of another socket that leads there."""
        return f"postgresql+psycopg://{quote(user)}:{self.password}@/{database}?host={folder or self.folder}"

    def made(self, options: str = "LC_COLLATE 'C'") -> str:
        """Make a new database and return its name."""
        name = f"spe_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8' {options}")
        return name

    def role(self, name: str) -> str:
        """Have a role that may sign in and nothing else; return its name."""
        with self.connected() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
                create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                connection.execute(create.format(sql.Identifier(name), sql.Literal(self.password)))
        return name

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run a statement as the superuser."""
        with self.connected(database) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def connected(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """Yield a connection of the superuser, each statement its own transaction."""
        where = psycopg.conninfo.make_conninfo(
            host=str(self.folder), dbname=database, user="postgres", password=self.password
        )
        with psycopg.connect(where, autocommit=True) as connection:
            yield connection

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server and wait for it: SIGINT at once but in order, SIGQUIT as if it had crashed."""
        self.process.send_signal(how)
        self.process.wait(_PATIENCE)

    def start_again(self) -> None:
        """Start it anew, over the same data."""
        self.process = _started(self.folder)
        _wait(self)


@contextmanager
def postgres_server(where: str | None = None) -> Iterator[Server]:
    """Run a new PostgreSQL until the block ends, its data in a new folder in `where`: in memory where not said."""
    folder = Path(tempfile.mkdtemp(prefix="spe-postgres-", dir=where or _in_memory()))
    try:
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        password = secrets.token_hex(16)
        _initialise(folder, password)
        server = Server(folder, _started(folder), password)
        try:
            _wait(server)
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            with server.connected() as connection:
                connection.execute(create.format(sql.Identifier(OWNER), sql.Literal(password)))
            yield server
        finally:
            server.end(signal.SIGQUIT)  # nobody needs its last checkpoint
    finally:
        shutil.rmtree(folder)


def _in_memory() -> str | None:
    """Return a folder whose syncs take no time, so that these tests don't wait for a disk that others use too."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return str(memory) if roomy else None


def program(name: str) -> str:
    """Return one of PostgreSQL's programs, on the path or where Debian keeps them."""
    found = shutil.which(name)
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found is None and not beside:
        raise RuntimeError(f"there is no {name} here: `apt-get install postgresql` brings it")
    return found or str(beside[-1])


def _initialise(folder: Path, password: str) -> None:
    kept = folder / "password"
    kept.touch(0o600)
    kept.write_text(password)
    if os.geteuid() == 0:
        os.chown(kept, _NOBODY, _NOBODY)
    words = [
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
    ]
    line = [program("initdb"), *words, f"--pwfile={kept}", f"--pgdata={folder / 'data'}"]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, cwd="/", **_as_nobody())
    kept.unlink()


def _started(folder: Path) -> subprocess.Popen[bytes]:
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "port": str(_PORT)}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("ab") as log:
        line = [program("postgres"), "-D", str(folder / "data"), *words]
        return subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **_as_nobody()
        )


def _as_nobody() -> dict[str, Any]:
    """Return the account to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


def _wait(server: Server) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with server.connected():
                return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{(server.folder / 'log').read_text()[-2000:]}")
