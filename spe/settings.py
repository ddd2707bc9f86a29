"""Settings: one frozen tree, read once from the environment; an unknown or bad one stops the start and says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from spe.errors import Malformed

PREFIX = "SPE_"
_ELSEWHERE = frozenset(
    {
        "AS",
        "URL",
        "TOKEN_FILE",
        "LANG",
        "SOURCE",
        "CI_NO_USER",
        "TOOLS",
        "OPA",
        "KEYCLOAK",
        "KEYCLOAK_URL",
        "LOGINS",
    }
)
_PATHS = ("home", "cache", "policies", "assets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one installation is configured by; each field is the variable `SPE_<NAME>`.

    `home` holds database, keys and objects; `cache` what can be built anew, `assets` the style of
    pages that set-up brought; `run_seconds`, `run_memory_mib`,
    `run_processes` limit one run; `round_seconds` is how finely the end of a real run is told, `policy_milliseconds` how
    long the policy engine may take before the answer is no, `log_milliseconds` how long the log may.
    `policy_point` is `embedded` or `opa`: then `policy_url` names the OPA server, and files of PEM who vouches for it
    (`policy_ca`) and what we show it of ourselves (`policy_certificate`, `policy_key`).
    `witnesses` is a file with the log's witnesses, a key and an address a line; `witness_quorum` of them must cosign before
    a permit is issued and before a release is made or fetched.
    `objects` is where sealed objects are kept: a folder (`file:///...`), or a bucket (`s3://BUCKET/PREFIX`) of the store at
    `objects_endpoint`, which the file `objects_ca` vouches for; an exchange with it ends after `objects_milliseconds`.
    `oidc_issuer` is the exact name of the identity provider, `oidc_secrets` the folder with the secrets of our clients there,
    `public_url` where people reach the portal.
    """

    home: Path = Path("var/spe")
    cache: Path = Path("~/.cache/spe")
    policies: Path = Path("policies")
    assets: Path = Path("var/assets")
    database_url: str = ""
    origin: str = "spe.localhost/log"
    host: str = "127.0.0.1"
    port: int = 8400
    demo: bool = False
    workers: int = 2
    run_seconds: int = 300
    run_memory_mib: int = 2048
    run_processes: int = 64
    round_seconds: int = 60
    runtime_venv: str = ""
    policy_milliseconds: int = 1500
    policy_point: str = "embedded"
    policy_url: str = "http://127.0.0.1:8181"
    policy_ca: str = ""
    policy_certificate: str = ""
    policy_key: str = ""
    policy_connections: int = 8
    log_milliseconds: int = 1500
    objects: str = ""
    objects_endpoint: str = ""
    objects_region: str = "us-east-1"
    objects_ca: str = ""
    objects_milliseconds: int = 10_000
    witnesses: str = ""
    witness_quorum: int = 0
    oidc_issuer: str = ""
    oidc_secrets: str = ""
    public_url: str = ""

    @property
    def database(self) -> str:
        """Return the database's URL: the one that was set, or SQLite in `home`."""
        return self.database_url or f"sqlite:///{self.home / 'spe.db'}"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings of `environment`; raise `Malformed` naming the variable that is unknown or bad."""
    kinds = {field.name: str(field.type) for field in fields(Settings)}
    given = {
        name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)
    }
    read = {}
    for name, text in given.items():
        if name in _ELSEWHERE:
            continue
        if name.lower() not in kinds or name != name.upper():
            raise Malformed(f"{PREFIX}{name}: there is no such setting")
        read[name.lower()] = _read(name, kinds[name.lower()], text)
    return _expanded(Settings(**read))


def _read(name: str, kind: str, text: str) -> Any:
    if kind == "Path":
        return Path(text)
    if kind == "str":
        return text
    if kind == "bool":
        if text not in {"true", "false"}:
            raise Malformed(f"{PREFIX}{name}: must be true or false")
        return text == "true"
    if not text.isdecimal() or int(text) > 10**9:
        raise Malformed(f"{PREFIX}{name}: must be a whole number")
    return int(text)


def _expanded(settings: Settings) -> Settings:
    paths = {name: getattr(settings, name).expanduser().absolute() for name in _PATHS}
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return Settings(**{**values, **paths})
