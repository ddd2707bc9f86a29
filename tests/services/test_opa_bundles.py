"""B2, B3: a real OPA server whose bundle is missing, stale, unsigned, wrongly signed or swapped; nothing is allowed."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_point import PolicyPoint
from spe.errors import Unreachable
from spe.policy import unasked
from spe.policy.bundle import Bundle
from spe.web.main import probes
from spe.wiring.policies import bundle_in_force, decision_point
from tests.services.opa_bundles import Bundles, bundle_of, make_bundles
from tests.services.opa_point import settings_at
from tests.services.opa_server import OpaServer, opa_server
from tests.services.started import free_port
from tests.unit.policy.good_questions import GOOD, NOW

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
QUESTION = GOOD["run.stop"]
_PATIENCE = 60.0


@pytest.fixture
def bundles(tmp_path: Path) -> Bundles:
    return make_bundles(tmp_path)


@pytest.fixture
def server(bundles: Bundles, tmp_path: Path) -> Iterator[OpaServer]:
    """A server that looks for its bundle every second, and has none yet."""
    with bundles.served() as port, opa_server(tmp_path, *bundles.configuration(port)) as running:
        yield running


@pytest.fixture
def point(server: OpaServer) -> Iterator[PolicyPoint]:
    made = decision_point(settings_at(server.port), frozenset({_other().digest}))
    yield made
    made.close()


def _other(more: bytes = b"# once\n") -> Bundle:
    """Return a bundle of the same rules under another digest."""
    sources = read_sources()
    return bundle_of({**sources, "spe/few/few.rego": sources["spe/few/few.rego"] + more})


def says(point: PolicyPoint) -> str:
    verdict = point.ask(QUESTION)
    return "allow" if verdict.allow else verdict.reasons[0].code


def settles(point: PolicyPoint, code: str) -> None:
    """Wait until the point says `code`: from then on nothing is allowed, shown, or ready, unless that is an allow."""
    until(lambda: says(point) == code)
    allowed = code == "allow"
    time.sleep(1.1)
    assert [one.allow for one in point.preview((QUESTION, GOOD["record.read"]))] == [allowed] * 2
    assert [one.allow for one in point.ask_each((QUESTION, GOOD["record.read"]))] == [allowed] * 2
    assert ready(point) == allowed


def ready(point: PolicyPoint) -> bool:
    """Say whether a server with this decision point is ready."""
    installation: Any = SimpleNamespace(
        point=point,
        pep=SimpleNamespace(now=lambda: NOW),
        log=SimpleNamespace(),
        held=SimpleNamespace(check=None),
        store=SimpleNamespace(probe=None),
    )
    try:
        probes(installation)["policy"]()
    except Unreachable:
        return False
    return True


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end, "the server did not get there"
        time.sleep(0.1)


def test_a_bundle_by_our_key_is_decided_by_and_one_by_nobody_or_another_is_not(
    bundles: Bundles, server: OpaServer, point: PolicyPoint
) -> None:
    settles(point, unasked.NO_BUNDLE)
    bundles.write(bundle_of(), key="")
    settles(point, unasked.UNSIGNED)
    bundles.write(bundle_of(), key="theirs")
    settles(point, unasked.WRONG_SIGNATURE)
    with pytest.raises(Unreachable, match="no bundle"):
        bundle_in_force(settings_at(server.port))
    bundles.write(bundle_of())
    settles(point, "allow")
    assert bundle_in_force(settings_at(server.port)) == point.bundle()


def test_a_bundle_changed_after_it_was_signed_is_refused(bundles: Bundles, point: PolicyPoint) -> None:
    signed = gzip.decompress(bundles.write(bundle_of()).read_bytes())
    bundles.put(gzip.compress(signed.replace(b"default allow := false", b"default allow := true ", 1)))
    settles(point, unasked.WRONG_SIGNATURE)


def test_an_earlier_bundle_is_stale_an_unknown_one_is_another_and_neither_allows(
    bundles: Bundles, server: OpaServer, point: PolicyPoint
) -> None:
    bundles.write(_other())
    settles(point, unasked.STALE)
    with pytest.raises(Unreachable, match=_other().digest[:16]):
        bundle_in_force(settings_at(server.port))
    bundles.write(_other(b"# never\n"))
    settles(point, unasked.OTHER_BUNDLE)
    bundles.write(bundle_of(), key="theirs")
    time.sleep(2.5)
    assert says(point) == unasked.OTHER_BUNDLE
    bundles.write(bundle_of())
    settles(point, "allow")


def test_a_bundle_swapped_while_many_ask_gives_answers_of_one_or_the_other_never_of_both(
    bundles: Bundles, point: PolicyPoint
) -> None:
    bundles.write(bundle_of())
    until(lambda: says(point) == "allow")
    over = threading.Event()
    heard: list[set[str]] = [set() for _ in range(4)]

    def ask(told: set[str]) -> None:
        while not over.is_set():
            told.add(says(point))

    threads = [threading.Thread(target=ask, args=(told,)) for told in heard]
    for thread in threads:
        thread.start()
    for turn in range(4):
        bundles.write(_other() if turn % 2 == 0 else bundle_of())
        time.sleep(1.6)
    over.set()
    for thread in threads:
        thread.join()
    assert set().union(*heard) == {"allow", unasked.STALE}


def test_rules_that_contradict_themselves_while_running_deny(bundles: Bundles, point: PolicyPoint) -> None:
    sources = read_sources()
    broken = b'\n\nobligations := [1] if input.gate == "run.stop"\n'
    bundles.write(
        replace(bundle_of(), files={**bundle_of().files, "spe/main.rego": sources["spe/main.rego"] + broken})
    )
    until(lambda: says(point) == unasked.FAILED)
    assert not any(one.allow for one in point.ask_each((QUESTION, GOOD["record.read"])))


def test_a_server_that_stops_and_comes_back_is_asked_again(bundles: Bundles, tmp_path: Path) -> None:
    bundles.write(bundle_of())
    port = free_port()
    point = decision_point(settings_at(port))
    assert says(point) == unasked.UNREACHABLE
    with opa_server(tmp_path, *bundles.flags(), port=port):
        assert says(point) == "allow"
    assert says(point) == unasked.UNREACHABLE
    with opa_server(tmp_path, *bundles.flags(), port=port):
        assert says(point) == "allow"
    point.close()


@pytest.mark.parametrize(
    ("key", "said"), [("", "missing .signatures.json"), ("theirs", "verify JWT signature")]
)
def test_a_server_started_with_a_bundle_that_is_not_ours_does_not_start(
    bundles: Bundles, tmp_path: Path, key: str, said: str
) -> None:
    bundles.write(bundle_of(), key=key)
    with pytest.raises(RuntimeError, match=said), opa_server(tmp_path, *bundles.flags()):
        pass
