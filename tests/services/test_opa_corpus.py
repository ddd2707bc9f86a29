"""The decision corpus through both engines: they agree on every question, and deny each without any one of its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from spe.adapters.opa_engine import OpaEngine, opa_address
from spe.adapters.policy_point import PolicyPoint, embedded_point, rules
from spe.adapters.regopy_engine import EngineMaker
from spe.policy.document import document
from spe.policy.judge import judge
from tests.services.opa_point import SETTINGS, served_point
from tests.services.opa_server import deciding_server
from tests.unit.policy.corpus import corpus, without_each_field
from tests.unit.policy.good_questions import GOOD

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyPoint]:
    with served_point(tmp_path_factory.mktemp("served")) as point:
        yield point


def test_both_engines_decide_every_question_alike(served: PolicyPoint) -> None:
    told = Counter[str]()
    with closing(embedded_point(deadline=20.0)) as embedded:
        for question in corpus():
            ours, theirs = embedded.ask(question), served.ask(question)
            assert ours == theirs, question
            told.update(["allow"] if ours.allow else {reason.code for reason in ours.reasons})
    print(len(corpus()), "questions", dict(told))
    assert len(corpus()) >= 500
    assert told["allow"] >= 50
    assert len(told) >= 60


@pytest.mark.parametrize(("each", "least"), [(20, 100), pytest.param(1, 2000, marks=pytest.mark.soak)])
def test_both_engines_deny_every_question_without_any_one_of_its_fields(
    tmp_path: Path, each: int, least: int
) -> None:
    questions = list(dict.fromkeys((*GOOD.values(), *corpus()[::each])))
    assert len(questions) >= least
    bundle, known = rules(SETTINGS.policies)
    embedded = EngineMaker(bundle).make()
    asked = 0
    with deciding_server(tmp_path) as server:
        engine = OpaEngine(opa_address(server.url), 20.0, 1)
        for whole in map(document, questions):
            for place, less in without_each_field(whole):
                ours = judge(embedded.ask(less), str(whole["gate"]), known)
                assert not ours.allow, (whole, place)
                assert judge(engine.ask(less), str(whole["gate"]), known) == ours, (whole, place)
                asked += 1
        engine.close()
    print(len(questions), "questions,", asked, "times with a field missing")
