from __future__ import annotations

import pytest

from spe.web.portal.texts import Texts, untranslated
from tests.shape.page_texts import PORTAL, used


def test_every_text_of_a_page_is_there_in_every_language_and_no_other_is() -> None:
    assert len(used()) > 200
    assert list(untranslated(used())) == []


def test_a_text_that_nobody_translated_is_found() -> None:
    assert list(untranslated({*used(), "Brand new"})) == ["it: Brand new"]


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [("en", "1 entry verified", "7 entries verified"), ("it", "1 voce verificata", "7 voci verificate")],
)
def test_so_many_of_something_are_said_as_the_language_says_it(language: str, one: str, many: str) -> None:
    texts = Texts(language)
    for count, said in ((1, one), (7, many)):
        found = texts.ngettext("%(count)s entry verified", "%(count)s entries verified", count)
        assert found % {"count": count} == said


def test_an_instant_says_its_zone() -> None:
    assert (
        str(Texts("en").when(1772355600))
        == '<time datetime="2026-03-01T09:00:00+00:00">1 March 2026, 09:00 UTC</time>'
    )
    assert "1 marzo 2026, 09:00 UTC" in Texts("it").when("2026-03-01T10:00:00+01:00")
    assert [str(Texts("en").when(nothing)) for nothing in (0, "", "never")] == ["–"] * 3


def test_nothing_is_marked_safe_that_a_page_did_not_make_itself() -> None:
    for file in sorted((PORTAL / "templates").glob("*.html")):
        source = file.read_text()
        assert "|safe" not in source.replace(" ", ""), file.name
        assert "autoescape" not in source, file.name
        assert 'Html"' not in source, file.name
