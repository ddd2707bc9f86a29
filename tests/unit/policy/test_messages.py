from __future__ import annotations

import re

import pytest

from spe.adapters.policy_files import read_sources
from spe.errors import Malformed, Reason
from spe.policy.messages import LANGUAGES, catalogue, explain

TEXTS = catalogue(read_sources())
RULE = """# METADATA
# title: T
# custom:
#   code: late
#   message:
#     en: "Too late by {days} days."
#     it: "In ritardo di {days} giorni."
#   remedy:
#     en: Hurry.
#     it: Presto.
#   reference: Art. 1
reasons contains {"code": "late", "params": {}} if true
"""


def test_a_reason_is_explained_in_both_languages_with_its_parameters() -> None:
    texts = catalogue({"a/a.rego": RULE.encode()})
    reason = Reason("late", (("days", "3"),))
    assert explain(texts, reason).message == "Too late by 3 days."
    assert explain(texts, reason, "it").message == "In ritardo di 3 giorni."
    assert explain(texts, reason, "it").remedy == "Presto."
    assert explain(texts, reason).reference == "Art. 1"


def test_an_unknown_language_reads_english() -> None:
    assert explain(TEXTS, Reason("permit_expired"), "fr") == explain(TEXTS, Reason("permit_expired"), "en")


def test_a_code_without_texts_reads_as_itself() -> None:
    assert explain(TEXTS, Reason("mystery")).message == "mystery"


def test_a_parameter_is_not_read_as_a_place_for_another() -> None:
    texts = catalogue({"a/a.rego": RULE.encode()})
    assert explain(texts, Reason("late", (("days", "{days}"),))).message == "Too late by {days} days."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#     it: Presto.\n", ""),
        ("#   reference: Art. 1\n", ""),
        ("# title: T\n", ""),
        ("#   code: late\n", "#   code: late\n#   colour: red\n"),
        ("#     en: Hurry.\n", "#     en: Hurry.\n#     en: Now.\n"),
        ("#     en: Hurry.", "#     en: ''"),
        ("#     en: Hurry.", "#     en: 7"),
        ("# custom:", "# custom: ["),
    ],
)
def test_metadata_that_lacks_something_is_refused(old: str, new: str) -> None:
    assert old in RULE
    with pytest.raises(Malformed, match=r"a/a\.rego"):
        catalogue({"a/a.rego": RULE.replace(old, new, 1).encode()})


def test_one_code_has_its_texts_in_one_place() -> None:
    with pytest.raises(Malformed, match="already"):
        catalogue({"a/a.rego": RULE.encode(), "b/b.rego": RULE.encode()})


def test_a_table_of_texts_counts_like_metadata() -> None:
    table = "x:\n  title: T\n  message: {en: a, it: b}\n  remedy: {en: c, it: d}\n  reference: R\n"
    assert catalogue({"m/x.yaml": table.encode()})["x"].message["it"] == "b"


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_both_languages_fill_in_the_same_parameters(code: str) -> None:
    text = TEXTS[code]
    for spoken in (text.message, text.remedy):
        holes = [set(re.findall(r"\{(\w+)\}", spoken[language])) for language in LANGUAGES]
        assert holes[0] == holes[1]


@pytest.mark.parametrize("code", sorted(code for code, text in TEXTS.items() if text.where.endswith(".rego")))
def test_every_parameter_that_a_text_names_is_one_that_its_rule_gives(code: str) -> None:
    text = TEXTS[code]
    source = read_sources()[text.where].decode()
    given = set(re.findall(r'"(\w+)":', source.split(f'"code": "{code}"', 1)[1].split("}}", 1)[0]))
    wanted = set(
        re.findall(r"\{(\w+)\}", " ".join([*text.message.values(), *text.remedy.values(), text.reference]))
    )
    assert wanted <= given
