"""The document of the API, held to what an installation answers: whatever is sent by whomever, every answer is declared.

schemathesis makes calls out of the document, good ones and broken ones; here they get identifiers of what is there, and a
caller of some role or none. `test_api_undeclared.py` breaks good bodies in ways that a document can't say.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from spe.adapters.personas import PERSONAS
from tests.attacks.populated import STRANGERS, Populated, populated
from tests.unit.web.served import World as Served
from tests.world import digest_header

DOCUMENT: Mapping[str, Any] = Served().client.get("/openapi.json").json()
_FOUND: list[Any] = list(schemathesis.openapi.from_dict(dict(DOCUMENT)).get_all_operations())
OPERATIONS = {one.ok().label: one.ok() for one in _FOUND}
WHO = st.sampled_from(["", *(one.id for one in (*PERSONAS, *PERSONAS, *STRANGERS))])
_SHARE = settings.default.max_examples // 2 if settings.default else 10
_STEP_UP = "insufficient_user_authentication"
SEEN: Counter[tuple[str, int]] = Counter()


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Populated]:
    with populated(tmp_path_factory.mktemp("document") / "home") as made:
        yield made


def sent(there: Populated, case: Any, who: str, at: int | None) -> Any:
    """Send a generated call as somebody, of something that is there where `at` is a number."""
    words: dict[str, Any] = case.as_transport_kwargs(base_url="http://127.0.0.1:8400")
    if at is not None:
        words["url"] = "http://127.0.0.1:8400" + there.path(case.path, at)
    words.pop("cookies", None)
    words["content"] = words.pop("data", None) or (
        json.dumps(words.pop("json")).encode() if "json" in words else b""
    )
    headers = dict(words.pop("headers"))
    if "Content-Digest" in headers and at is not None:
        headers["Content-Digest"] = digest_header(words["content"])
    if who:
        headers["Authorization"] = f"Bearer {there.world._token(who)}"
    answer = there.world.http.request(headers=headers, **words)
    if _STEP_UP in answer.headers.get("www-authenticate", ""):
        headers["Authorization"] = f"Bearer {there.world._token(who, second_factor=True)}"
        answer = there.world.http.request(headers=headers, **words)
    return answer


@dataclass(frozen=True, slots=True)
class Tried:
    """One generated call, and what is changed in it."""

    case: Any
    who: str
    at: int | None


def tries(label: str) -> st.SearchStrategy[Tried]:
    """Return calls of one operation: well formed, broken, or its example; of what is there, or of a name made up."""
    operation = OPERATIONS[label]
    ways = [operation.as_strategy()]
    if operation.path_parameters or operation.query or operation.body or len(operation.headers) > 0:
        ways.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    example = _example(label)
    if example is not None:
        ways.append(operation.as_strategy().map(lambda case: _with_body(case, example)))
    return st.builds(Tried, st.one_of(*ways), WHO, st.none() | st.integers(0, 5))


def _example(label: str) -> Any:
    content = OPERATIONS[label].definition.raw.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("example")


def _with_body(case: Any, body: Any) -> Any:
    case.body = body
    return case


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_the_document_declares(there: Populated, label: str) -> None:
    method, template = label.split(" ")

    @settings(max_examples=_SHARE, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(tries(label))
    def holds(tried: Tried) -> None:
        answer = sent(there, tried.case, tried.who, tried.at)
        document = there.world.document
        assert document is not None
        assert not (wrong := document.broken(template, method, answer)), wrong
        SEEN[label, answer.status_code] += 1

    there.world.watched = None
    holds()


def test_the_installation_has_the_document_that_is_tried_here(there: Populated) -> None:
    assert there.world.document is not None
    assert there.world.document.data == DOCUMENT


def test_the_calls_get_past_the_door() -> None:
    """What is only ever refused would prove little."""
    statuses = Counter(status for _, status in SEEN)
    done = {label for label, status in SEEN if status < 300}
    print(
        f"I1 {sum(SEEN.values())} calls; operations by status {dict(sorted(statuses.items()))}; done {len(done)}"
    )
    assert {200, 400, 401, 403, 404} <= set(statuses)
    assert len(done) > len(OPERATIONS) // 4
