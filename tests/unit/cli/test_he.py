"""`spe he` and `spe keyholder`: sums with enough of everybody, exit 10 with too few, 11 without a release."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from spe.cli.main import main
from spe.clock import SystemClock, epoch
from spe.crypto.key_folder import KeyFolder
from spe.crypto.signing import StatementKind
from spe.crypto.statements import sign
from spe.errors import IntegrityFailure, Malformed, Unreachable
from spe.federation.files import aggregate_bytes, read_aggregate, read_key
from spe.federation.pooled import Pooled
from spe.keyholder.main import LONGEST_LINE
from spe.keyholder.main import main as keyholder
from spe.release.bundle import digests, pack
from spe.wiring.sums import open_holder
from spe.wiring.sums_demo import open_round


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished round, with everything that its parties keep."""
    folder = tmp_path_factory.mktemp("he") / "kept"
    assert main(["he", "demo", "--sites", "3", "--k", "2", "--folder", str(folder)]) == 0
    return folder


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(list(words))
    return code, *capsys.readouterr()


def test_five_sites_and_three_holders_give_an_exact_sum(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, "he", "demo", "--sites", "5", "--k", "3", "--json")
    told = json.loads(out)
    assert (code, told["exact"], len(told["contributions"]), len(told["holders"])) == (0, True, 5, 5)
    assert set(told["contributions"].values()) == {"taken"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--sites", "5", "--k", "3", "--shares", "2"), "2 of the 3 holders"),
        (("--sites", "2", "--k", "2"), "at least 3"),
        (("--sites", "1", "--k", "2"), "at least 3"),
        (("--sites", "3", "--k", "2", "--shares", "0"), "0 of the 2 holders"),
    ],
)
def test_too_few_shares_or_sites_end_with_10(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = typed(capsys, "he", "demo", *words)
    assert (code, out) == (10, "")
    assert why in err


def test_a_sum_without_a_release_is_not_shown(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = typed(capsys, "he", "decrypt", str(kept / "round" / "agg.bin"))
    assert (code, out) == (11, "")
    assert not any(sign.isdigit() for sign in err)


def pooled(kept: Path) -> Pooled:
    _, found = open_round(kept / "round" / "agg.bin", kept / "opener", epoch(SystemClock().now()))
    return found[0]


def released(kept: Path, to: Path, keys: KeyFolder, **changed: Any) -> str:
    """Write a released zip with the sum's table, signed by the release key of `keys`."""
    table = pooled(kept)
    files = {table.layout.file: table.content}
    statement = {"kind": "release", "permit": table.permit, "files": digests(files), **changed}
    to.write_bytes(pack(files, sign(keys.signer(StatementKind.RELEASE), statement)))
    return str(to)


def test_a_released_sum_is_shown_and_only_by_the_key_that_the_opener_was_told_of(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment, other = KeyFolder(kept / "environment" / "keys"), KeyFolder(tmp_path / "other")
    other.create_missing("environment.demo", [StatementKind.RELEASE])
    words = ("he", "decrypt", str(kept / "round" / "agg.bin"), "--release")
    code, out, _ = typed(capsys, *words, released(kept, tmp_path / "ours.zip", environment))
    assert (code, out.count("\n") > 8, "I+II" in out) == (0, True, True)
    code, out, _ = typed(capsys, *words, released(kept, tmp_path / "forged.zip", other))
    assert (code, out) == (12, "")
    code, out, _ = typed(
        capsys, *words, released(kept, tmp_path / "permit.zip", environment, permit="another")
    )
    assert (code, out) == (11, "")


def asked(home: Path, *lines: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    keyholder(home, io.StringIO("".join(lines)), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_holder_answers_what_it_is_sent_and_goes_on_after_what_it_refuses(kept: Path) -> None:
    order = (kept / "round" / "order.json").read_text() + "\n"
    altered = order.replace("hospital-1", "hospital-2")
    said = asked(kept / "holder-1", "{}\n", "[" * 9000 + "\n", altered, "\n", order, order[:-1])
    assert ["reply" in one for one in said] == [False, False, False, False, True, False]
    assert {one["exit_code"] for one in said if "refused" in one} == {2, 12}


def test_a_line_without_end_is_not_read_to_its_end(kept: Path) -> None:
    said = asked(kept / "holder-1", "x" * (LONGEST_LINE + 10) + "\n")
    assert all("reply" not in one for one in said)


def test_a_holder_whose_folder_is_damaged_does_not_start(kept: Path) -> None:
    home = kept / "holder-2"
    share, terms = (next((home / "shares").glob(f"*.{end}")) for end in ("share", "terms"))
    share.chmod(0o644)
    with pytest.raises(Unreachable):
        open_holder(home)
    share.chmod(0o600)
    whole = terms.read_bytes()
    terms.write_bytes(next((kept / "holder-3" / "shares").glob("*.terms")).read_bytes())
    with pytest.raises(IntegrityFailure):
        open_holder(home)
    terms.write_bytes(whole)
    assert open_holder(home).name == "holder-2"


def test_files_of_a_round_are_read_strictly(kept: Path) -> None:
    sum_, key = ((kept / "round" / name).read_bytes() for name in ("agg.bin", "key.json"))
    assert aggregate_bytes(read_aggregate(sum_)) == sum_
    for data in (b"", sum_[:-1], sum_ + b"x", b"x" + sum_, sum_[:8] + b"\xff" * 4 + sum_[12:], sum_[:200]):
        with pytest.raises(Malformed):
            read_aggregate(data)
    for data in (b"", b"{}", key[:-1], b"[" * 100_000):
        with pytest.raises(Malformed):
            read_key(data)


def test_a_folder_that_is_there_is_left_alone(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(capsys, "he", "demo", "--folder", str(kept))[0] == 1


def test_a_sum_whose_round_lacks_files_is_unreachable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(capsys, "he", "decrypt", str(tmp_path / "agg.bin"))[0] == 13


def test_a_share_lies_with_its_holder_and_nowhere_else(kept: Path) -> None:
    shares = sorted(kept.glob("holder-*/shares/*.share"))
    assert [file.stat().st_mode & 0o777 for file in shares] == [0o600] * 3
    for share in shares:
        value = json.loads(share.read_bytes())["value"]
        forms = (value.encode(), bytes.fromhex(value.rjust(132, "0"))[-20:])
        holding = [
            file for file in kept.rglob("*") if file.is_file() for form in forms if form in file.read_bytes()
        ]
        assert holding == [share]
