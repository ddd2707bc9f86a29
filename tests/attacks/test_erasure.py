"""A13: an erasure leaves every root and proof as it was; and nobody turns it, or the words it knows people by, on others."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spe.adapters.subject_keys import SubjectKeyStore
from spe.audit.merkle import CompactRange
from spe.audit.verify_proof import check_proof
from spe.consent.model import Directive, Erasure, ErasureStatus, subject_name
from spe.errors import Conflict, NotNow
from spe.oversight.model import Hold
from spe.subject.held import holds_on_subject
from spe.subject.office import ErasureOffice
from spe.wiring.reconcile import reconcile
from tests.attacks.kill_child import one_office, whole
from tests.builders import MADRID, MILANO, patients
from tests.cast import Cast
from tests.statements import hear
from tests.voices import refused
from tests.world import Refused, World, open_world, settings_for

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.attacks.kill_child"])
SUBJECTS = patients().subjects


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("erasure") / "home") as opened:
        yield opened
    report = reconcile(opened.settings, logged=False, clock=opened.clock)
    assert [one for tally in report.tallies for one in tally.evidence] == []


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    made = Cast(world)
    made.given_data(patients())
    return made


def erases(cast: Cast, subject: str, who: str = MILANO.persona, holder: str = MILANO.holder) -> Any:
    path = f"/holders/{holder}/subjects/erasures"
    return cast.world.call(who, "POST", path, json={"subject": subject, "ground": "c"})


def asks(cast: Cast, subject: str, who: str = MILANO.persona, holder: str = MILANO.holder) -> Any:
    path = f"/holders/{holder}/subjects/report"
    return cast.world.call(who, "GET", path, params={"subject": subject})


def office(cast: Cast) -> ErasureOffice:
    return cast.world.office(ErasureOffice)


def is_erased(cast: Cast, subject: str) -> None:
    """Let the worker erase, and nothing else."""
    cast.world.until(lambda: not office(cast).pending())
    assert not list(office(cast).pep.records.each(Directive, holder=MILANO.holder, subject=subject))


def key_of(cast: Cast, subject: str) -> bytes | None:
    keys = office(cast).keys
    assert isinstance(keys, SubjectKeyStore)
    return keys.find(subject_name(MILANO.holder, subject))


def root_of(entries: list[bytes]) -> bytes:
    made = CompactRange()
    for raw in entries:
        made = made.append_entry(raw)
    return made.root()


def test_no_entry_root_or_proof_changes(cast: Cast, tmp_path: Path) -> None:
    subject, log = SUBJECTS[0], cast.cohorts.facts
    asks(cast, subject)
    cast.world.tick()
    mine = cast.auditor.finds(about=f"{MILANO.holder}/{subject}")
    assert {one["type"] for one in mine} >= {"directive.recorded", "subject.reported"}
    proofs = {one["index"]: cast.auditor.get("/log/proof", index=one["index"]) for one in mine[:-1]}
    before = [raw for _, raw in log.entries()]  # type: ignore[attr-defined]
    root = root_of(before)
    erases(cast, subject)
    is_erased(cast, subject)
    after = [raw for _, raw in log.entries()]  # type: ignore[attr-defined]
    assert after[: len(before)] == before
    assert root_of(after[: len(before)]) == root
    for index, proof in proofs.items():
        assert check_proof(proof, cast.auditor.key()).entry == before[index]
        again = cast.auditor.get("/log/proof", index=index)
        assert check_proof(again, cast.auditor.key()).entry == before[index]
    assert cast.auditor.verifies(cast.auditor.exports(tmp_path / "log")).size >= len(after)
    assert key_of(cast, subject) is None
    found = cast.auditor.finds(about=f"{MILANO.holder}/{subject}")
    assert not {one["index"] for one in found} & set(proofs)


@pytest.mark.parametrize("word", ["giulia.conti", "ruth.keller", "cohort-milano", MILANO.holder, "log"])
def test_a_holder_who_calls_a_patient_by_another_word_hides_and_erases_nothing_of_that(
    cast: Cast, word: str
) -> None:
    """The holder's own name, an auditor's, a dataset's, a holder's, and the word for the whole log."""
    before = {one["index"] for one in cast.auditor.timeline(word)}
    lifted = cast.auditor.post("/holds", about=word, reason="an old claim")["id"]
    cast.auditor.post(f"/holds/{lifted}/lift", text="settled")
    cast.holder().records(MILANO, (word, "consent", "e"))
    cast.world.tick()
    assert before < {one["index"] for one in cast.auditor.timeline(word)}
    held = cast.auditor.post("/holds", about=word, reason="a claim")["id"]
    with refused("erasure_held"):
        erases(cast, word)
    cast.auditor.post(f"/holds/{held}/lift", text="settled")
    erases(cast, word)
    is_erased(cast, word)
    found = cast.auditor.timeline(word)
    assert before < {one["index"] for one in found}
    looks = [one for one in found if one["type"] == "audit.read" and one["who"]["id"] == "ruth.keller"]
    assert len(looks) >= 3, "every look at the word itself is still one"
    stored = office(cast).pep.records.get(Hold, lifted)
    assert stored is not None
    assert stored.value.about == word


@pytest.mark.parametrize("about", ["subject", MILANO.holder, "log"])
def test_a_hold_that_overtakes_an_erasure_after_it_looked_keeps_the_directives(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, about: str
) -> None:
    subject = {"subject": SUBJECTS[4], MILANO.holder: SUBJECTS[5], "log": SUBJECTS[6]}[about]
    asks(cast, subject)
    cast.world.tick()
    erases(cast, subject)
    (ordered,) = office(cast).pending()
    held: list[str] = []

    def overtaken(*looked: Any) -> tuple[Hold, ...]:
        monkeypatch.undo()
        found = holds_on_subject(*looked)
        named = f"{MILANO.holder}/{subject}" if about == "subject" else about
        held.append(cast.auditor.post("/holds", about=named, reason="a claim")["id"])
        return found

    monkeypatch.setattr("spe.subject.office.holds_on_subject", overtaken)
    with pytest.raises(Conflict):
        office(cast).reconcile(ordered)
    with pytest.raises(NotNow, match="legal hold"):
        office(cast).reconcile(ordered)
    assert list(office(cast).pep.records.each(Directive, holder=MILANO.holder, subject=subject))
    assert key_of(cast, subject) is not None
    cast.auditor.post(f"/holds/{held[0]}/lift", text="settled")
    is_erased(cast, subject)


def test_a_hold_on_the_whole_log_stays_one_whatever_a_patient_is_called(cast: Cast) -> None:
    held = cast.auditor.post("/holds", about="log", reason="an inspection")["id"]
    stored = office(cast).pep.records.get(Hold, held)
    assert stored is not None
    assert stored.value.about == "log"
    with refused("erasure_held"):
        erases(cast, SUBJECTS[1])
    cast.auditor.post(f"/holds/{held}/lift", text="over")


def test_two_holders_patients_of_one_pseudonym_are_two(cast: Cast) -> None:
    shared = "p-0001"
    cast.holder().records(MILANO, (shared, "consent", "e"))
    cast.holder(MADRID).records(MADRID, (shared, "withdrawal", "*"))
    held = cast.auditor.post("/holds", about=f"{MADRID.holder}/{shared}", reason="a claim")["id"]
    cast.auditor.post(f"/holds/{held}/lift", text="settled")
    cast.world.tick(2)
    erases(cast, shared)
    is_erased(cast, shared)
    [told] = asks(cast, shared, MADRID.persona, MADRID.holder)["directives"]
    assert told["kind"] == "withdrawal"
    assert {one["what"] for one in asks(cast, shared, MADRID.persona, MADRID.holder)["looks"]} >= {
        "hold.placed"
    }
    assert asks(cast, shared)["directives"] == []
    assert office(cast).pep.records.get(Hold, held) is not None


def test_who_has_no_row_and_said_nothing_any_more_is_erased_all_the_same(cast: Cast) -> None:
    """A holder who delivers anew first, and then has the traces erased: what is left are digests of looks."""
    gone = "mi-moved-away"
    with pytest.raises(Refused) as told:
        erases(cast, gone)
    assert told.value.status == 404
    asks(cast, gone)
    assert key_of(cast, gone) is not None
    erases(cast, gone)
    is_erased(cast, gone)
    assert key_of(cast, gone) is None
    assert cast.auditor.finds(about=f"{MILANO.holder}/{gone}", type="subject") == []


@pytest.mark.parametrize("who", [MADRID.persona, "anna.ricci", "oscar.berg", "claire.dubois", "elena.russo"])
def test_known_unknown_and_erased_are_alike_to_who_may_not_see(cast: Cast, who: str) -> None:
    heard: list[list[str]] = []
    hear(lambda sql: heard[-1].append(sql) if heard else None)
    told = []
    for subject in (SUBJECTS[5], SUBJECTS[0], "mi-nobody"):
        for act in (asks, erases):
            heard.append([])
            with pytest.raises(Refused) as one:
                act(cast, subject, who)
            assert subject not in json.dumps(one.value.problem)
            same = {key: value for key, value in one.value.problem.items() if key != "correlation"}
            told.append((act.__name__, one.value.status, json.dumps(same, sort_keys=True)))
    assert len(set(told)) == 2
    assert {status for _, status, _ in told} == {404}
    # Nothing is looked up before the refusal, so nothing takes longer for somebody who is known.
    assert not any("directive" in sql or "erasure" in sql for sqls in heard for sql in sqls)


@pytest.mark.parametrize(
    "subject", ["", "x" * 65, "a\nb", "a\x00b", "a\u202eb", "ümlaut", "../../keys", "a/b", "%00"]
)
def test_what_can_be_no_pseudonym_is_refused_and_leaves_nothing(cast: Cast, subject: str) -> None:
    odd = subject in {"../../keys", "a/b", "%00"}
    for act in (erases,) if odd else (erases, asks):
        with pytest.raises(Refused) as told:
            act(cast, subject)
        assert told.value.status in {400, 404, 422}
        assert not subject or subject not in told.value.problem.get("detail", "")
    if odd:
        assert asks(cast, subject)["uses"] == []


def test_a_directive_that_races_with_an_erasure_never_outlives_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: Counter[str] = Counter()
    # Two acts of one person at a time: what each leaves can't be told apart here.
    monkeypatch.setattr(cast.world, "watched", None)
    with ThreadPoolExecutor(2) as pool:
        for subject in SUBJECTS[10:18]:
            row = f"subject,kind,purpose,effective\n{subject},consent,*,2026-01-01T00:00:00Z\n"
            said = pool.submit(_says, cast, row)
            ordered = pool.submit(_outcome, cast, subject)
            outcomes[f"{said.result()} {ordered.result()}"] += 1
            cast.world.tick(2)
            if any(_is_of(cast, one, subject) for one in _erasures(cast)):
                is_erased(cast, subject)
                assert asks(cast, subject)["directives"] == []
                assert cast.auditor.finds(about=f"{MILANO.holder}/{subject}", type="directive") == []
    assert sum(outcomes.values()) == 8


def _says(cast: Cast, text: str) -> str:
    path = f"/holders/{MILANO.holder}/directives"
    headers = {"Content-Type": "text/csv"}
    try:
        return str(cast.world.call(MILANO.persona, "POST", path, content=text, headers=headers)["taken"])
    except Refused as told:
        return told.codes[0]


def _outcome(cast: Cast, subject: str) -> str:
    try:
        return str(erases(cast, subject)["status"])
    except Refused as told:
        return told.codes[0]


def _erasures(cast: Cast) -> list[Erasure]:
    return [stored.value for stored in office(cast).pep.records.each(Erasure)]


def _is_of(cast: Cast, erasure: Erasure, subject: str) -> bool:
    return erasure.hidden == office(cast).keys.name_of(subject_name(MILANO.holder, subject))


def test_a_use_by_law_keeps_its_evidence_until_its_permit_ends(cast: Cast) -> None:
    permit = cast.given_permit(patients(), route="ehds")
    cast.researcher.opens(permit, MILANO)
    subject = SUBJECTS[20]
    with refused("erasure_lawful_use"):
        erases(cast, subject)
    cast.world.tick(3)
    cast.holder().records(MILANO, (subject, "opt_out", "*"))
    cast.world.tick(2)
    with refused("erasure_lawful_use"):
        erases(cast, subject)
    cast.world.clock.go_on(400 * 86_400)
    erases(cast, subject)
    is_erased(cast, subject)
    assert key_of(cast, subject) is None


def test_an_older_copy_of_the_keys_brings_nobody_back(tmp_path: Path) -> None:
    home, subject = tmp_path / "home", SUBJECTS[0]
    with open_world(home) as world:
        cast = Cast(world)
        cast.given_data(patients())
        world.tick()
        numbers = world._numbers
        file = office(cast).keys._engine.url.database  # type: ignore[attr-defined]
    shutil.copy(file, tmp_path / "copy")
    with open_world(home) as world:
        world._numbers = numbers
        cast = Cast(world)
        erases(cast, subject)
        is_erased(cast, subject)
        assert key_of(cast, subject) is None
        clock = world.clock
    shutil.copy(tmp_path / "copy", file)
    with open_world(home, clock=clock) as world:
        cast = Cast(world)
        assert key_of(cast, subject) is not None
        world.tick()
        assert key_of(cast, subject) is None
        destroyed = cast.auditor.finds(type="erasure.key_destroyed")
        assert len(destroyed) == 2
        assert key_of(cast, SUBJECTS[1]) is not None


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("stride", [37, pytest.param(3, marks=pytest.mark.soak)])
def test_killed_at_step_after_step_an_erasure_comes_to_its_end(tmp_path: Path, stride: int) -> None:
    home, subject = tmp_path / "home", SUBJECTS[3]
    with whole(home) as world:
        cast = Cast(world)
        cast.given_data(patients())
        cast.world.tick()
        erases(cast, subject)
    assert killed_until_done(home, stride) + killed_until_done(home, stride) >= 3
    with whole(home) as world:
        cast = Cast(world)
        [erasure] = _erasures(cast)
        assert (erasure.status, erasure.subject) == (ErasureStatus.DONE, "")
        assert key_of(cast, subject) is None
        types = [one["type"] for one in cast.auditor.timeline(erasure.id) if one["type"].startswith("era")]
        assert [types.count(f"erasure.{one}") for one in ("ordered", "forgotten", "done")] == [1, 1, 1]
        assert types[-1] == "erasure.done"
    for file in (one for one in home.rglob("*") if one.is_file()):
        assert subject.encode() not in file.read_bytes(), file.name
    report = reconcile(settings_for(home), logged=False)
    assert [one for tally in report.tallies for one in tally.evidence] == []


def killed_until_done(home: Path, stride: int) -> int:
    """Let the office take its step in processes that die at later and later statements; return how many died."""
    for died in range(200):
        process = _CONTEXT.Process(target=one_office, args=(home, "ErasureOffice", 1 + died * stride))
        process.start()
        process.join(60)
        if process.exitcode == 0:
            return died
        assert process.exitcode == -9, process.exitcode
    raise AssertionError("it never came to its end")
