"""The checkpoint key is changed in the open: every proof goes on verifying, and nobody but the old key's holder can do it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spe.adapters.database.log import DatabaseLog
from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.cover import NoQuorum, WaitingCover
from spe.audit.events.record import CheckpointKeyRotated
from spe.audit.export import export_files, write_export
from spe.audit.handover import handed_over, open_handover
from spe.audit.merkle import CompactRange
from spe.audit.proof import proof_text
from spe.audit.verify import BadLog, Verified, verify_export
from spe.audit.verify_proof import check_proof
from spe.cli.main import main as spe
from spe.crypto.key_folder import KeyFolder
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import IntegrityFailure, SpeError, Unreachable
from spe.wiring.home import Home
from spe.wiring.keys import settle_keys
from spe.wiring.reconcile import reconcile
from spe.worker.checkpoints import CheckpointSigner, Fence
from spe.worker.rotation import rotate
from tests.tampering import unguard
from tests.unit.oversight.honest import ACTS, Honest, honest

KIND = StatementKind.CHECKPOINT


@dataclass
class Place:
    """An installation that has worked and rests, its exports, and the secret that it had at first."""

    here: Honest
    folder: Path
    first: SigningKey
    exports: int = 0

    @property
    def keys(self) -> KeyFolder:
        return Home(self.here.settings.home).signing

    @property
    def signed(self) -> int:
        latest = self.here.log.latest_checkpoint()
        assert latest is not None
        return latest[0]

    def works(self) -> None:
        """Let a process do one of everything, sign in between, and end."""
        self.here.start()
        for act in ACTS:
            act(self.here)
        self.here.signs()
        self.here.close()
        self.here.close = lambda: None

    def exported(self, change: Callable[[dict[int, str]], None] = lambda _: None) -> Path:
        self.exports += 1
        folder = self.folder / f"export-{self.exports}"
        notes = self.here.log.checkpoints()
        change(notes)
        entries = (raw for _, raw in self.here.log.entries(0, max(notes)))
        write_export(folder, export_files(entries, notes, self.here.log))
        return folder

    def verified(self, key: str, **more: Any) -> Verified:
        return verify_export(self.exported(), key, **more)

    def rotates(self) -> tuple[str, str]:
        done = rotate(self.here.settings, self.here.clock)
        return done.old, done.new


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with honest(tmp_path) as here:
        here.close()
        here.close = lambda: None
        made = Place(here, tmp_path, here.home.signing.signer(KIND))
        made.works()
        yield made


def test_after_two_changes_each_key_verifies_the_whole_log_and_old_proofs_hold(place: Place) -> None:
    log = place.here.log
    kept, proof = log.latest_checkpoint(), proof_text(log, 3)
    assert kept is not None
    keys = [place.first.public.text()]
    for _ in range(2):
        old, new = place.rotates()
        assert old == keys[-1]
        keys.append(new)
        place.works()
    assert len(set(keys)) == 3
    for key in keys:
        found = place.verified(key, seen=kept[1].encode())
        assert (found.size, found.handed_on) == (place.signed, "" if key == keys[-1] else keys[-1])
    assert check_proof(proof.encode(), keys[0]).index == 3
    assert check_proof(proof_text(log, 3).encode(), keys[-1]).index == 3
    report = reconcile(place.here.settings, logged=False, clock=place.here.clock)
    assert report.total("unmatched") == 0


def test_the_handing_over_is_an_entry_and_its_checkpoint_is_signed_by_both(place: Place) -> None:
    old, new = place.rotates()
    latest = place.here.log.latest_checkpoint()
    assert latest is not None
    size, note = latest
    assert note.count("\u2014 ") == 2
    [(_, raw)] = list(place.here.log.entries(size - 1, size))
    assert b'"type":"audit.key_rotated"' in raw
    for key in (old, new):
        assert place.verified(key).size == size


def test_the_old_secret_is_gone_and_nothing_signs_with_it_any_more(place: Place) -> None:
    secret = place.first._secret
    place.rotates()
    files = [path for path in place.here.settings.home.rglob("*") if path.is_file()]
    assert not any(secret in path.read_bytes() for path in files)
    stale = CheckpointSigner(place.here.log, place.first)
    stale.begin()
    place.works()
    stale.begin()
    with pytest.raises(IntegrityFailure):
        stale.sign()


def test_a_server_that_still_has_the_old_key_covers_nothing_until_it_is_started_anew(place: Place) -> None:
    place.rotates()
    place.works()
    log, key = place.here.log, place.first.public
    with pytest.raises(SpeError):
        WaitingCover(log, NoQuorum(log, key), key, patience=0.05).cover()


def rewritten_by(key: SigningKey, size: int, log: DatabaseLog) -> str:
    tree = CompactRange()
    for _, raw in log.entries(0, size):
        tree = tree.append_entry(raw)
    return sign_checkpoint(Checkpoint(key.public.name, size, tree.root()), key)


def thief(place: Place) -> SigningKey:
    return SigningKey(KIND, place.first.public.name.removesuffix("/checkpoint"), bytes(32))


def unsigned(place: Place) -> CheckpointKeyRotated:
    """A note by nobody."""
    event = handed_over(place.first, thief(place))
    return CheckpointKeyRotated(event.old, event.new, event.note.partition("\n\n")[0] + "\n\n")


def signed_by_itself(place: Place) -> CheckpointKeyRotated:
    """A note that only the new key signed."""
    event, new = handed_over(place.first, thief(place)), thief(place)
    text = event.note.partition("\n\n")[0] + "\n"
    return CheckpointKeyRotated(event.old, event.new, f"{text}\n{new.sign_note(text)}")


def from_another(place: Place) -> CheckpointKeyRotated:
    """A whole note, of two keys that are both somebody else's."""
    name = place.first.public.name.removesuffix("/checkpoint")
    return handed_over(SigningKey(KIND, name, b"x" * 32), thief(place))


def with_other_words(place: Place) -> CheckpointKeyRotated:
    """A note of two strangers, in an entry that names the log's key."""
    return CheckpointKeyRotated(
        place.first.public.text(), thief(place).public.text(), from_another(place).note
    )


def a_checkpoint(place: Place) -> CheckpointKeyRotated:
    """What the old key did sign: a checkpoint, in the place of a note."""
    latest = place.here.log.latest_checkpoint()
    assert latest is not None
    return CheckpointKeyRotated(place.first.public.text(), thief(place).public.text(), latest[1])


@pytest.mark.parametrize("forged", [unsigned, signed_by_itself, from_another, with_other_words, a_checkpoint])
def test_who_can_append_but_has_no_key_hands_the_log_on_to_nobody(
    place: Place, forged: Callable[[Place], CheckpointKeyRotated]
) -> None:
    event = forged(place)
    place.here.start()
    place.here.note(event)
    place.here.signs()
    handed = place.here.log.head().size
    place.here.close()
    place.here.close = lambda: None
    size = place.here.log.head().size
    assert size > handed

    def forge(notes: dict[int, str]) -> None:
        notes[size] = rewritten_by(thief(place), size, place.here.log)

    for key in (place.first, thief(place)):
        with pytest.raises(BadLog):
            verify_export(place.exported(forge), key.public.text())
    report = reconcile(place.here.settings, logged=False, clock=place.here.clock)
    assert any("handed on" in one.what for tally in report.tallies for one in tally.evidence)


def test_a_stolen_old_key_signs_nothing_after_its_time(place: Place) -> None:
    _, new = place.rotates()
    place.works()
    size = place.here.log.head().size

    def forge(notes: dict[int, str]) -> None:
        notes[size - 1] = rewritten_by(place.first, size - 1, place.here.log)

    for key in (place.first.public.text(), new):
        with pytest.raises(BadLog, match=r"after, or before, its time|not signed by"):
            verify_export(place.exported(forge), key)


@pytest.mark.parametrize(
    "text",
    ["", "a\n\n\u2014 a b\n", "x\nspe key rotation 1\n\n\n\n\u2014 x AAAA\n", "\n" * 9],
)
def test_any_other_text_hands_nothing_over(text: str) -> None:
    with pytest.raises(IntegrityFailure):
        open_handover(text)


class _Killed(BaseException):
    """The process ends here."""


STEPS = {
    "begin_next": KeyFolder,
    "hand_over": CheckpointSigner,
    "publish_next": KeyFolder,
    "set_mark": DatabaseLog,
    "promote": KeyFolder,
}


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_cut_off_at_any_step_nothing_starts_until_it_was_finished(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str, done: bool
) -> None:
    real = getattr(STEPS[step], step)

    def killed(*args: Any, **named: Any) -> Any:
        marks = step == "set_mark" and args[1] != "keys"
        result = real(*args, **named) if done or marks else None
        if not marks:
            raise _Killed
        return result

    monkeypatch.setattr(STEPS[step], step, killed)
    with pytest.raises(_Killed):
        rotate(place.here.settings, place.here.clock)
    monkeypatch.undo()
    home = Home(place.here.settings.home)
    begun = home.signing.next_signer(KIND)
    if begun is not None:
        with pytest.raises(Unreachable, match="rotate-key"):
            settle_keys(home, place.here.log, place.here.settings.origin)
        place.rotates()
    settle_keys(home, place.here.log, place.here.settings.origin)
    place.works()
    assert place.verified(place.first.public.text()).size == place.signed
    assert reconcile(place.here.settings, logged=False, clock=place.here.clock).total("unmatched") == 0


def test_half_of_destroying_the_old_secret_is_finished_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise _Killed

    monkeypatch.setattr("spe.crypto.key_folder.sync_folder", killed)
    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, to: killed() if "next" in path.name else real(path, to))
    with pytest.raises(_Killed):
        rotate(place.here.settings, place.here.clock)
    monkeypatch.undo()
    place.rotates()
    place.works()
    assert place.verified(place.first.public.text()).handed_on != ""


def test_a_log_that_was_changed_is_handed_on_to_nobody(place: Place) -> None:
    with closing(sqlite3.connect(place.here.settings.home / "spe.db")) as rows, rows:
        unguard(rows)
        rows.execute('UPDATE log_entry SET entry = ? WHERE "index" = 2', (b"{}",))
    with pytest.raises(IntegrityFailure):
        rotate(place.here.settings, place.here.clock)
    assert place.keys.next_signer(KIND) is None
    assert place.keys.public(KIND) == place.first.public


def test_no_key_is_changed_under_a_worker_or_where_there_is_none(place: Place, tmp_path: Path) -> None:
    fence = Fence(Home(place.here.settings.home).fence)
    with pytest.raises(Unreachable, match="another worker"):
        rotate(place.here.settings)
    fence.release()
    (Home(place.here.settings.home).path / "keys" / "signing" / "checkpoint.key").unlink()
    with pytest.raises(SpeError):
        rotate(place.here.settings)
    assert place.keys.next_signer(KIND) is None


def test_the_command_says_both_keys(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPE_HOME", str(place.here.settings.home))
    monkeypatch.setenv("SPE_ORIGIN", place.here.settings.origin)
    monkeypatch.setenv("SPE_DEMO", "true")
    assert spe(["audit", "rotate-key"]) == 0
    said = capsys.readouterr().out
    assert place.first.public.text() in said
    assert place.keys.public(KIND).text() in said
