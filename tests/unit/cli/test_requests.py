from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from spe.catalogue.model import Dataset
from spe.errors import Reason
from spe.permit.model import DataPermit
from spe.request.model import AccessRequest
from spe.values import to_data
from spe.web.examples import APPLICATION
from tests.unit.cli.typed import Typed
from tests.unit.web.served import SECRET, World


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.yaml"
    path.write_text(yaml.safe_dump(to_data(APPLICATION), sort_keys=False))
    return path


def test_a_good_draft_is_submitted_and_shown(spe: Typed, world: World, draft: Path) -> None:
    answer = spe.json("request", "submit", str(draft))
    assert (answer["status"], answer["index"]) == ("submitted", 1)
    assert spe.json("request", "show", answer["id"])["application"] == to_data(APPLICATION)
    assert len(world.store.find(AccessRequest)) == 1


def test_people_read_a_sentence_and_programs_json(spe: Typed, draft: Path) -> None:
    assert spe("request", "submit", str(draft)) == 0
    assert re.fullmatch(r"✔ submitted: req-\w{20} is submitted, log entry 1\n", spe.out)
    assert set(spe.json("request", "submit", str(draft))) == {"id", "status", "index"}


def test_a_refusal_says_what_why_and_what_to_do_and_ends_with_10(
    spe: Typed, world: World, draft: Path
) -> None:
    world.point.refusing["request.submit"] = (Reason("use_prohibited"),)
    assert spe("request", "submit", str(draft), "--lang", "it") == 10
    assert spe.out == ""
    for part in (
        "Refused by policy",
        "it: use_prohibited",
        "[use_prohibited]",
        "Art. 1",
        "→ mend it",
        "correlation id",
    ):
        assert part in spe.err
    problem = spe.json("request", "submit", str(draft))
    assert problem["reasons"][0]["code"] == "use_prohibited"


def test_a_preflight_ends_with_10_when_a_rule_would_refuse(spe: Typed, world: World, draft: Path) -> None:
    assert spe("request", "preflight", str(draft)) == 0
    world.point.refusing["request.preflight"] = (Reason("use_prohibited"), Reason("article_9_missing"))
    assert spe("request", "preflight", str(draft)) == 10
    assert ("[use_prohibited]" in spe.out, "[article_9_missing]" in spe.out) == (True, True)
    assert spe("request", "preflight", str(draft), "--json") == 10
    assert json.loads(spe.out)["allowed"] is False


def test_the_status_of_a_thing_can_refuse_a_command(spe: Typed, draft: Path) -> None:
    id_ = spe.json("request", "submit", str(draft))["id"]
    assert spe("request", "withdraw", id_) == 0
    assert spe("request", "withdraw", id_) == 10
    assert "Not possible in this state" in spe.err


def test_an_unknown_identifier_is_not_found(spe: Typed) -> None:
    assert spe("request", "show", "req-nothing") == 10
    assert "Not found" in spe.err


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("titel: x", "draft.yaml:24: Application: there is no field called 'titel'"),
        ("title: [1]", "draft.yaml:24"),
        ("&a [*a]", "not YAML"),
        ("x: *nothing", "aliases (*name) are not taken"),
        ("title: again", "occurs twice"),
        ("? [1]\n: 2", "no name"),
        ("\t- x", "not YAML"),
    ],
)
def test_a_bad_draft_is_named_with_its_file_and_line(
    spe: Typed, world: World, draft: Path, change: str, expected: str
) -> None:
    draft.write_text(
        "title: first\n" + change + "\n"
        if "again" in change or "[1]" in change
        else draft.read_text() + change + "\n"
    )
    assert spe("request", "submit", str(draft)) == 2
    assert world.store.log == []
    assert "draft.yaml" in spe.err
    assert expected.partition(":")[0] in spe.err


def test_a_wrong_field_is_named_with_its_line(spe: Typed, draft: Path) -> None:
    text = draft.read_text()
    draft.write_text(text.replace("days: 90", "days: ninety"))
    line = draft.read_text().splitlines().index("days: ninety") + 1
    assert spe("request", "submit", str(draft)) == 2
    assert f"draft.yaml:{line}: Application.days: must be a whole number" in spe.err


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"x" * 3_000_000, b"- 1", b"7", b"{" * 5000, b"a: 2026-01-01"]
)
def test_a_file_that_is_no_draft_at_all_ends_with_2(spe: Typed, draft: Path, content: bytes) -> None:
    draft.write_bytes(content)
    assert spe("request", "submit", str(draft)) == 2


def test_a_missing_file_or_folder_ends_with_2(spe: Typed, tmp_path: Path) -> None:
    assert spe("request", "submit", str(tmp_path / "nothing.yaml")) == 2
    assert spe("request", "submit", str(tmp_path)) == 2
    assert spe("catalogue", "deliver", "d", str(tmp_path / "nothing.csv")) == 2


def test_who_is_nobody_is_told_how_to_sign_in(
    spe: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPE_AS")
    assert spe("request", "show", "x") == 10
    assert "--as PERSONA" in spe.err
    monkeypatch.setenv("SPE_HOME", str(tmp_path / "elsewhere"))
    assert spe("request", "show", "x", "--as", "anna.ricci") == 10
    assert "persona-secret can't be read" in spe.err


def test_a_persona_can_be_named_at_each_command(spe: Typed) -> None:
    assert spe("request", "show", "x", "--as", "nobody") == 10
    assert "Not found" in spe.err


def test_a_token_can_come_from_a_file(spe: Typed, world: World, tmp_path: Path, draft: Path) -> None:
    file = tmp_path / "token"
    file.write_text(world.issuer.token("jonas.weber", SECRET) + "\n")
    assert spe("request", "submit", str(draft), "--token-file", str(file)) == 0
    assert str(world.store.log[0].who.id) == "jonas.weber"
    file.write_text("rubbish")
    assert spe("request", "submit", str(draft), "--token-file", str(file)) == 10


def test_a_server_that_is_not_there_ends_with_13(spe: Typed) -> None:
    assert spe("request", "show", "x", "--url", "http://127.0.0.1:9") == 13
    assert "can't be reached" in spe.err


@pytest.mark.parametrize(
    "url",
    [
        "http://spe.example.eu",
        "ftp://127.0.0.1",
        "127.0.0.1:8400",
        "",
        "http://[",
        "http://127.0.0.1.evil.eu",
    ],
)
def test_a_token_never_leaves_this_machine_in_clear(spe: Typed, url: str) -> None:
    assert spe("request", "show", "x", "--url", url) == 2
    assert "--url must" in spe.err


def test_the_personas_secret_stays_on_this_machine(spe: Typed) -> None:
    assert spe("request", "show", "x", "--url", "https://spe.example.eu") == 2
    assert "its secret stays here" in spe.err


def test_a_log_that_can_not_be_written_ends_with_13(spe: Typed, world: World, draft: Path) -> None:
    world.store.broken = True
    assert spe("request", "submit", str(draft)) == 13


def test_directives_are_reported_line_by_line(spe: Typed, tmp_path: Path) -> None:
    file = tmp_path / "directives.csv"
    file.write_text(
        "subject,kind,purpose,effective\nS1,consent,e,2026-01-01T00:00:00Z\nS2,maybe,e,2026-01-01T00:00:00Z\n"
    )
    report = spe.json("directive", "import", str(file), "--holder", "hospital-milano", "--as", "giulia.conti")
    assert (report["taken"], [one["line"] for one in report["refused"]], report["status"]) == (
        1,
        [3],
        "recorded",
    )
    assert spe("directive", "import", str(file), "--holder", "hospital-milano") == 0
    assert "line 3: the kind must be one of" in spe.out


def test_an_entry_is_registered_from_yaml(spe: Typed, world: World, tmp_path: Path) -> None:
    entry = {
        "id": "gbsg2-milano", "holder": "hospital-milano", "organisation": "hospital-milano", "title": "GBSG2", "description": "d",
        "country": "IT", "kind": "imaging", "identifiability": "anonymised", "anonymisation_evidence": "k-anonymity report",
        "duo": [{"code": "DUO:0000042"}], "purposes": ["e"],
        "imaging": {"modalities": ["MR"], "body_parts": ["BREAST"], "files": 9, "studies": 3, "identity_removed": True},
    }  # fmt: skip
    file = tmp_path / "entry.yaml"
    file.write_text(yaml.safe_dump(entry))
    assert spe("catalogue", "register", str(file), "--as", "giulia.conti") == 0
    assert [stored.value.id for stored in world.store.find(Dataset)] == ["gbsg2-milano"]
    page = spe.json("catalogue", "list")
    assert (page["items"][0]["subjects"], page["next"]) == ("<10", None)


def test_waiting_ends_in_time_with_1(spe: Typed, world: World) -> None:
    assert world.store.find(DataPermit) == ()
    assert spe("permit", "wait", "req-nothing", "--within", "300ms") == 1
    assert "not within 300ms" in spe.err
    assert spe("permit", "wait", "req-nothing", "--within", "soon") == 2


def test_usage_errors_end_with_2(spe: Typed) -> None:
    for words in (
        ["nothing"],
        ["request", "nothing"],
        ["request", "show"],
        ["request", "show", "a", "--nothing"],
        ["catalogue", "list", "--limit", "x"],
    ):
        assert spe(*words) == 2
        assert "spe --help" in spe.err


def test_public_keys_and_the_head_of_the_log_need_no_sign_in(
    spe: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPE_AS")
    assert spe.json("audit", "keys") == {"permit": "o/permit+00000000+AAAA"}
    assert spe.json("audit", "head") == {"size": 0}
