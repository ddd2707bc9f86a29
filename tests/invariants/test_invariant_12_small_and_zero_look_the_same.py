"""Small and zero look the same wherever a count leaves; published counts are tens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spe.catalogue import entry
from spe.catalogue.entry import shown
from spe.catalogue.model import Dataset
from spe.cohort import service as cohorts
from spe.cohort.model import manifest
from spe.output import rules, service
from spe.values import from_data, to_data
from tests.builders import MILANO, patients
from tests.cast import Cast
from tests.invariants import journey
from tests.world import World

# Numbers of an answer that count no people: places in the log, instants, rules, sizes of what the user wrote.
NOT_OF_PEOPLE = frozenset(
    {"index", "days", "version", "demo", "size", "max_bytes", "decimals", "at", "status", "expires", "issued",
     "opened", "gone", "asked", "released", "collected", "mode", "low", "high", "line", "submitted", "round",
     "queued", "ended"}
)  # fmt: skip
RESEARCHERS = frozenset({"anna.ricci", "jonas.weber"})


@pytest.fixture(scope="module")
def walked(cast: Cast) -> tuple[Cast, str]:
    return cast, journey.go(cast)[0]


def holds(world: World) -> None:
    """Walk every answer that data users heard."""
    answers = [one for one in world.heard if one.who in RESEARCHERS and "json" in one.kind]
    assert len(answers) > 20
    for one in answers:
        for where, number in small(json.loads(one.content)):
            raise AssertionError(f"{one.method} {one.path} tells {where} = {number}")


def small(value: Any, where: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number under ten that could be a count of people, with where it stands."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in NOT_OF_PEOPLE:
                yield from small(item, f"{where}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from small(item, where)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value < 10:
        yield where, value


def counts_are_coarse() -> None:
    """Show entries with every number of subjects up to 200."""
    dataset = from_data(Dataset, patients(size=1).entry())
    told = [shown(_of(dataset, number), exact=False)["subjects"] for number in range(200)]
    assert set(told[:10]) == {"<10"}, "small and zero look different"
    assert all(int(one) % 10 == 0 for one in told[10:]), "a count is exact"


def _of(dataset: Dataset, subjects: int) -> Dataset:
    return from_data(Dataset, {**to_data(dataset), "subjects": subjects})


def test_no_answer_to_a_data_user_has_a_small_count(walked: tuple[Cast, str]) -> None:
    holds(walked[0].world)


def test_published_counts_are_tens() -> None:
    counts_are_coarse()


def test_tens_are_seen_when_the_catalogue_publishes_exact_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue's one way to publish a count gives it as it is."""
    monkeypatch.setattr(entry, "published", str)
    with pytest.raises(AssertionError):
        counts_are_coarse()


def _exact_manifest(patch: pytest.MonkeyPatch) -> None:
    """Everybody is given the manifest that is for holder and auditor."""
    patch.setattr(cohorts, "manifest", lambda cohort, **_: manifest(cohort, exact=True))


def _counts_in_findings(patch: pytest.MonkeyPatch) -> None:
    """A finding carries the number that it is about."""
    real = rules.shown

    def counting(output: Any, checker: str) -> dict[str, Any]:
        view = real(output, checker)
        return view | {"findings": [{**one, "n": 3} for one in view["findings"]]}

    patch.setattr(service, "shown", counting)


@pytest.mark.parametrize("broken", [_exact_manifest, _counts_in_findings])
def test_it_is_seen_when(
    walked: tuple[Cast, str], monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    cast, permit = walked
    broken(monkeypatch)
    before = len(cast.world.heard)
    cast.researcher.cohort(permit, MILANO)
    run = next(one for one in reversed(cast.world.heard) if one.path.endswith("/outputs")).path
    cast.researcher.get(run)
    with pytest.raises(AssertionError, match=" tells "):
        holds(cast.world)
    del cast.world.heard[before:]
