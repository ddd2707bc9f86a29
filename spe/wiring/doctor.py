"""What an installation needs, each part really tried: the doctor's findings."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spe.adapters.database.engine import open_database
from spe.adapters.policy_files import read_sources
from spe.adapters.sandbox.bubblewrap import BubblewrapSandbox
from spe.adapters.witnesses import WitnessClient
from spe.audit.checkpoint import unsigned
from spe.audit.cosigned import Refused
from spe.crypto.signing import INSTALLATION, StatementKind
from spe.errors import SpeError, Unreachable
from spe.policy.source_check import check_sources
from spe.settings import Settings
from spe.wiring.ground import find_grounds
from spe.wiring.home import MASTERS, Home
from spe.wiring.objects import open_store
from spe.wiring.policies import bundle_in_force
from spe.wiring.witnesses import read_witnesses

_FREE_MIB = 1024
_NOT_SIGNED, _UNKNOWN = 403, 404


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, whether it is as it should be, and what is or what to do."""

    part: str
    well: bool
    detail: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each needed part, trying it; a part that fails doesn't keep the next from being tried."""
    parts: dict[str, Callable[[Settings], str]] = {
        "sandbox": _sandbox,
        "runtime": _runtime,
        "policies": _policies,
        "home": _home,
        "database": _database,
        "objects": _objects,
        "disk": _disk,
        "witnesses": _witnesses,
    }
    for part, examination in parts.items():
        try:
            yield Finding(part, well=True, detail=examination(settings))
        except (SpeError, OSError) as error:
            yield Finding(part, well=False, detail=str(error))


def _sandbox(_settings: Settings) -> str:
    sandbox = BubblewrapSandbox(lambda _: (_ for _ in ()).throw(Unreachable("the doctor runs no code")))
    try:
        isolation = sandbox.probe()
    finally:
        sandbox.close()
    return f"{isolation.bwrap}, {isolation.unprivileged}"


def _runtime(settings: Settings) -> str:
    return f"built and verified, {find_grounds(settings).runtime.digest[:16]}"


def _policies(settings: Settings) -> str:
    problems = check_sources(read_sources(settings.policies))
    if problems:
        raise Unreachable(f"{len(problems)} problems: `spe policy check` lists them")
    digest = bundle_in_force(settings)
    return f"bundle {digest[:16]}, decided by {settings.policy_point}"


def _home(settings: Settings) -> str:
    home = Home(settings.home)
    if not settings.home.exists():
        return f"{settings.home} is made at the first start"
    for name in MASTERS:
        home.master(name)
    signs = _signing_keys(home)
    return f"{settings.home}, keys readable by this account only{signs}"


def _signing_keys(home: Home) -> str:
    """Try every signing key; a server's machine may have their public halves alone."""
    for kind in INSTALLATION:
        home.signing.public(kind)
    if not any(home.signing.has_secret(kind) for kind in INSTALLATION):
        return "; those that sign, which a worker needs, are not here"
    for kind in INSTALLATION:
        home.signing.signer(kind)
    return ""


def _database(settings: Settings) -> str:
    if not settings.database_url and not (settings.home / "spe.db").exists():
        return "made at the first start"
    with open_database(settings.database).connect() as connection:
        return f"{connection.dialect.name} answers"


def _objects(settings: Settings) -> str:
    if not settings.objects and not settings.home.exists():
        return "made at the first start"
    store = open_store(settings)
    try:
        return f"{settings.objects or 'a folder in the home'} {store.tried()}"
    finally:
        store.close()


def _disk(settings: Settings) -> str:
    there = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(there).free >> 20
    if free < _FREE_MIB:
        raise Unreachable(f"{free} MiB free where the home is; at least {_FREE_MIB} are needed")
    return f"{free} MiB free"


def _witnesses(settings: Settings) -> str:
    named = read_witnesses(settings)
    if not named.keys:
        return "none named"
    if not settings.home.exists():
        return f"{len(named.keys)} named; they are told this log's key once it has one"
    log = Home(settings.home).signing.public(StatementKind.CHECKPOINT).name
    wrong = [what for client in named.clients() if (what := _asked(client, log))]
    if wrong:
        raise Unreachable("; ".join(wrong))
    return f"{len(named.keys)} know this log, {named.needed} must cosign"


def _asked(client: WitnessClient, log: str) -> str:
    """Return what is wrong with a witness: one that knows the log says that an unsigned checkpoint is not signed."""
    try:
        answer = client.ask(0, (), unsigned(log))
    except Unreachable as error:
        return str(error)
    finally:
        client.close()
    if answer == Refused(_NOT_SIGNED):
        return ""
    return f"the witness {client.key.name} {'does not know this log' if answer == Refused(_UNKNOWN) else 'is none'}"
