from __future__ import annotations

from typing import Any

import pytest

from spe.adapters.opa_state import Loaded, loaded
from spe.policy import unasked


def told(**bundle: Any) -> dict[str, Any]:
    return {"result": {"bundles": {"spe": bundle}}}


def test_a_revision_in_force_is_no_fault_even_when_a_newer_bundle_was_refused() -> None:
    assert loaded(told(active_revision="abc")) == Loaded("abc", None, "")
    found = loaded(told(active_revision="abc", code="bundle_error", message="scope mismatch"))
    assert found == Loaded("abc", None, "scope mismatch")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("bundle missing .signatures.json file", unasked.UNSIGNED),
        (".signatures.json: missing JWT (expected exactly one)", unasked.UNSIGNED),
        ("failed to verify JWT signature: invalid ECDSA signature", unasked.WRONG_SIGNATURE),
        ("file spe/x.rego not included in bundle signature", unasked.WRONG_SIGNATURE),
        ("spe/x.rego: digest mismatch (want: 00, got: 01)", unasked.WRONG_SIGNATURE),
        ("scope mismatch", unasked.WRONG_SIGNATURE),
        ("stat /x/bundle.tar.gz: no such file or directory", unasked.NO_BUNDLE),
        ("", unasked.NO_BUNDLE),
    ],
)
def test_without_a_revision_the_servers_words_say_which_fault_it_is(said: str, code: str) -> None:
    assert loaded(told(message=said)).fault == code


@pytest.mark.parametrize(
    "status",
    [{}, None, [], "x", {"result": []}, {"result": {"bundles": None}}, {"result": {"bundles": {"other": {"active_revision": "abc"}}}},
     {"result": {"bundles": {"spe": "abc"}}}, told(active_revision=7), told(active_revision="", message=["x"])],
)  # fmt: skip
def test_a_status_that_says_nothing_of_our_bundle_is_no_bundle(status: Any) -> None:
    assert loaded(status).fault == unasked.NO_BUNDLE


def test_a_server_that_only_says_whether_it_has_every_bundle() -> None:
    assert loaded(True).fault is None
    assert loaded(False).fault == unasked.NO_BUNDLE
