from __future__ import annotations

from tests.shape.claim_pages import PAGE, page


def test_the_page_of_claims_is_what_the_table_says() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.shape.claim_pages"
