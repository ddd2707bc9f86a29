from __future__ import annotations

from pathlib import Path

import pytest

from spe.audit.cosigned import WitnessQuorum
from spe.audit.cover import NoQuorum
from spe.crypto.cosignature import CosigningKey
from spe.errors import Malformed
from spe.settings import Settings, read_settings
from spe.wiring.witnesses import Witnesses, read_witnesses
from tests.unit.witness.growing import KEY

W1, W2 = (CosigningKey(f"w{at}.example", bytes([at] * 32)).public for at in (1, 2))
SAME = CosigningKey("w3.example", bytes([1] * 32)).public
LONG = CosigningKey("w" * 201, bytes([4] * 32)).public


def settings(tmp_path: Path, text: str, quorum: int = 0) -> Settings:
    (tmp_path / "witnesses").write_text(text)
    return Settings(witnesses=str(tmp_path / "witnesses"), witness_quorum=quorum)


def test_without_a_file_there_are_none_and_what_is_signed_will_do() -> None:
    found = read_witnesses(Settings())
    assert found == Witnesses()
    assert (found.clients(), found.needed_to_start) == ((), 0)
    assert isinstance(found.quorum(None, KEY.public), NoQuorum)  # type: ignore[arg-type]


def test_a_line_names_a_key_and_an_address(tmp_path: Path) -> None:
    text = f"# ours\n\n{W1.text()} http://127.0.0.1:8500\n{W2.text()}\thttps://w2.example/prefix/\n"
    found = read_witnesses(settings(tmp_path, text, 1))
    assert found.keys == (W1, W2)
    assert [one.key for one in found.clients()] == [W1, W2]
    assert found.named() == (f"w1.example+{W1.hash.hex()}", f"w2.example+{W2.hash.hex()}")
    assert isinstance(found.quorum(None, KEY.public), WitnessQuorum)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "needed", "to_start"), [(2, 0, 0), (2, 1, 2), (2, 2, 1), (3, 2, 2), (1, 1, 1)]
)
def test_so_many_must_answer_that_one_of_any_quorum_before_is_among_them(
    count: int, needed: int, to_start: int
) -> None:
    assert Witnesses((W1,) * count, (), needed).needed_to_start == to_start


BAD = {
    "no address": W1.text(),
    "three words": f"{W1.text()} http://w now",
    "a log's key": f"{KEY.public.text()} http://w",
    "no key": "w1.example http://w",
    "no web address": f"{W1.text()} ftp://w",
    "twice": f"{W1.text()} http://w\n{W1.text()} http://v",
    "one key under two names": f"{W1.text()} http://w\n{SAME.text()} http://v",
    "too long a name": f"{LONG.text()} http://w",
    "too many": f"{W1.text()} http://w\n" * 17,
}


@pytest.mark.parametrize("what", BAD)
def test_what_makes_no_sense_stops_the_start_and_says_where(tmp_path: Path, what: str) -> None:
    with pytest.raises(Malformed, match="SPE_WITNESSES"):
        read_witnesses(settings(tmp_path, BAD[what]))


def test_no_file_no_text_or_more_than_there_are_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="can't be read"):
        read_witnesses(Settings(witnesses=str(tmp_path / "nothing")))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(Malformed, match="can't be read"):
        read_witnesses(Settings(witnesses=str(tmp_path / "bytes")))
    with pytest.raises(Malformed, match="only 1 witnesses"):
        read_witnesses(settings(tmp_path, f"{W1.text()} http://w", 2))
    with pytest.raises(Malformed, match="only 0 witnesses"):
        read_witnesses(Settings(witness_quorum=1))


def test_they_come_from_the_environment() -> None:
    read = read_settings({"SPE_WITNESSES": "/etc/spe/witnesses", "SPE_WITNESS_QUORUM": "2"})
    assert (read.witnesses, read.witness_quorum) == ("/etc/spe/witnesses", 2)
