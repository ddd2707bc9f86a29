"""Keys of the log that are missing, of somebody else, or of another origin: nothing starts, nothing is signed, nothing is made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spe.adapters.database.engine import open_database
from spe.adapters.database.log import DatabaseLog
from spe.crypto.key_folder import KeyFolder
from spe.crypto.signing import INSTALLATION, StatementKind
from spe.errors import IntegrityFailure, SpeError, Unreachable
from spe.settings import Settings
from spe.web import main as server
from spe.wiring.doctor import Finding, examine
from spe.wiring.home import MASTERS, Home
from spe.wiring.keys import KEYS, settle_keys
from spe.worker import main as worker_process
from spe.worker.checkpoints import CheckpointSigner
from tests.unit.adapters.database.place import Installed, change, installed
from tests.world import settings_for

ORIGIN = "spe.example/log"
Place = tuple[Home, Installed]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an installation whose log has begun."""
    home = Home(tmp_path / "home")
    with installed(tmp_path) as here:
        settle_keys(home, here.log, ORIGIN)
        here.committer.commit(change())
        yield home, here


def files(home: Home) -> dict[str, bytes]:
    """Return every key file with its bytes."""
    return {str(path): path.read_bytes() for path in sorted(home.path.rglob("*")) if path.is_file()}


def remove(home: Home, *names: str) -> None:
    for name in names:
        (home.path / "keys" / name).unlink()


def replace_pair(home: Home) -> None:
    remove(home, "signing/checkpoint.key", "signing/checkpoint.pub")
    KeyFolder(home.path / "keys" / "signing").create(StatementKind.CHECKPOINT, ORIGIN)


@pytest.mark.parametrize("kind", INSTALLATION)
def test_a_missing_key_is_refused_with_a_remedy_and_never_made_anew(
    place: Place, kind: StatementKind
) -> None:
    home, here = place
    remove(home, f"signing/{kind.value}.key", f"signing/{kind.value}.pub")
    left = files(home)
    with pytest.raises(Unreachable, match="back from its backup") as refused:
        settle_keys(home, here.log, ORIGIN)
    assert refused.value.exit_code == 13
    assert files(home) == left


@pytest.mark.parametrize("name", MASTERS)
def test_a_missing_master_key_is_refused_and_never_made_anew(place: Place, name: str) -> None:
    home, here = place
    remove(home, f"master/{name}.key")
    left = files(home)
    with pytest.raises(Unreachable, match="back from its backup"):
        settle_keys(home, here.log, ORIGIN)
    assert files(home) == left


def test_a_home_that_is_gone_is_not_made_anew_over_a_log(place: Place, tmp_path: Path) -> None:
    _, here = place
    with pytest.raises(Unreachable):
        settle_keys(Home(tmp_path / "another"), here.log, ORIGIN)


def test_another_pair_of_keys_is_none_of_this_log(place: Place) -> None:
    home, here = place
    replace_pair(home)
    with pytest.raises(IntegrityFailure, match=r"is not the key .* back") as refused:
        settle_keys(home, here.log, ORIGIN)
    assert refused.value.exit_code == 12


def test_another_pair_is_refused_for_a_log_whose_mark_was_taken_away_once_anything_was_signed(
    place: Place,
) -> None:
    home, here = place
    signer = CheckpointSigner(here.log, home.signing.signer(StatementKind.CHECKPOINT))
    signer.begin()
    signer.sign()
    here.log.set_mark(KEYS, "")
    replace_pair(home)
    here.committer.commit(change())
    other = CheckpointSigner(here.log, home.signing.signer(StatementKind.CHECKPOINT))
    other.begin()
    with pytest.raises(IntegrityFailure):
        other.sign()


def test_a_secret_key_that_is_not_the_public_ones_signs_nothing(place: Place, tmp_path: Path) -> None:
    home, _ = place
    other = Home(tmp_path / "other")
    other.make(ORIGIN)
    stolen = other.path / "keys" / "signing" / "checkpoint.key"
    stolen.replace(home.path / "keys" / "signing" / "checkpoint.key")
    with pytest.raises(IntegrityFailure, match="not of one pair"):
        home.signing.signer(StatementKind.CHECKPOINT)


@pytest.mark.parametrize("origin", ["spe.example/log2", "spe.example", "SPE.example/log"])
def test_another_origin_than_the_logs_is_refused(place: Place, origin: str) -> None:
    home, here = place
    with pytest.raises(IntegrityFailure, match=r"the origin of this log is spe\.example/log"):
        settle_keys(home, here.log, origin)


def test_a_public_file_follows_from_its_secret_and_a_kind_that_the_log_never_knew_is_made(
    place: Place,
) -> None:
    home, here = place
    before = home.signing.publics()
    remove(home, "signing/run.pub", "signing/release.pub", "signing/release.key")
    known = str(here.log.mark(KEYS)).split(" ")
    here.log.set_mark(KEYS, " ".join(one for one in known if "/release+" not in one))
    settle_keys(home, here.log, ORIGIN)
    after = home.signing.publics()
    assert after[StatementKind.RUN] == before[StatementKind.RUN]
    assert after[StatementKind.RELEASE] != before[StatementKind.RELEASE]
    assert "/release+" in str(here.log.mark(KEYS))


def test_a_set_up_that_was_cut_off_before_the_first_entry_goes_on(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make(ORIGIN)
    remove(home, "signing/checkpoint.pub", "signing/run.key", "signing/run.pub", "master/staff.key")
    with installed(tmp_path) as here:
        settle_keys(home, here.log, ORIGIN)
        here.committer.commit(change())
        settle_keys(home, here.log, ORIGIN)
    assert len(home.signing.publics()) == len(INSTALLATION)


def without_the_secret(home: Home) -> None:
    remove(home, "signing/checkpoint.key")


def without_the_pair(home: Home) -> None:
    remove(home, "signing/checkpoint.key", "signing/checkpoint.pub")


@pytest.mark.parametrize(
    ("breaks", "code"), [(without_the_secret, 13), (without_the_pair, 13), (replace_pair, 12)]
)
def test_no_worker_starts_without_the_logs_own_key_and_nothing_is_signed(
    tmp_path: Path, breaks: Callable[[Home], None], code: int
) -> None:
    settings = settings_for(tmp_path / "home")
    home = Home(settings.home)
    with worker_process.opened(settings):
        pass
    signed = _checkpoints(settings.database)
    breaks(home)
    with pytest.raises(SpeError) as refused, worker_process.opened(settings):
        pass
    assert refused.value.exit_code == code
    if code == 12 or breaks is without_the_pair:
        with pytest.raises(SpeError) as refused, server.opened(settings):
            pass
        assert refused.value.exit_code == code
    assert _checkpoints(settings.database) == signed


def test_the_doctor_names_a_key_that_is_missing_among_others_and_takes_a_home_without_any_that_signs(
    tmp_path: Path,
) -> None:
    settings = settings_for(tmp_path / "home")
    Home(settings.home).make(settings.origin)
    signing = settings.home / "keys" / "signing"
    (signing / "run.key").unlink()
    assert "run.key" in _home(settings).detail
    assert not _home(settings).well
    for secret in signing.glob("*.key"):
        secret.unlink()
    assert _home(settings).well
    assert "worker needs" in _home(settings).detail
    (signing / "permit.pub").unlink()
    assert not _home(settings).well


def _home(settings: Settings) -> Finding:
    return next(one for one in examine(settings) if one.part == "home")


def _checkpoints(url: str) -> dict[int, str]:
    engine = open_database(url)
    try:
        return DatabaseLog(engine).checkpoints()
    finally:
        engine.dispose()
