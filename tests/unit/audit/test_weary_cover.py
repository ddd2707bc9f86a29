from __future__ import annotations

from dataclasses import dataclass

import pytest

from spe.audit.cover import WearyCover
from spe.errors import Unreachable


@dataclass
class Waits:
    name: str
    told: list[str]
    cosigned: bool = False

    def cover(self, *, witnessed: bool = False) -> int:
        self.told.append(f"{self.name}{' witnessed' if witnessed else ''}")
        if witnessed and not self.cosigned:
            raise Unreachable("not cosigned")
        return 7


def test_after_waiting_in_vain_it_only_looks_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    now = 100.0
    monkeypatch.setattr("spe.audit.cover.time.monotonic", lambda: now)
    long, short = Waits("long", told), Waits("short", told)
    cover = WearyCover(long, short)
    for at in (100.0, 100.1, 104.9, 105.1, 109.0, 110.2):
        now = at
        with pytest.raises(Unreachable):
            cover.cover(witnessed=True)
    assert [one.removesuffix(" witnessed") for one in told] == [
        "long",
        "short",
        "short",
        "long",
        "short",
        "long",
    ]
    long.cosigned = short.cosigned = True
    assert cover.cover(witnessed=True) == 7
    assert told[-1] == "short witnessed"
    now = 200.0
    assert (cover.cover(witnessed=True), cover.cover()) == (7, 7)
    assert told[-2:] == ["long witnessed", "long"]
