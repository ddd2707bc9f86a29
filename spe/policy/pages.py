"""The reference pages on policy, written from the sources: every reason, and every gate's question."""

from __future__ import annotations

from collections.abc import Iterator

from spe.policy.messages import Catalogue
from spe.policy.profiles import PROFILES
from spe.policy.shapes import Node, Questions, shape

_GENERATED = "<!-- Written by `spe policy pages`; don't edit. -->"


def reasons_page(texts: Catalogue) -> str:
    """Return the Markdown page of every reason and obligation, in both languages."""
    return "\n".join(
        [
            "# Reasons and obligations",
            "",
            _GENERATED,
            "",
            "What a verdict can say, what it means and what mends it. `{name}` is filled with the reason's parameter.",
            "",
            "## Reasons",
            *_entries(texts, obligation=False),
            "",
            "## Obligations",
            *_entries(texts, obligation=True),
            "",
        ]
    )


def _entries(texts: Catalogue, *, obligation: bool) -> Iterator[str]:
    for code in sorted(texts):
        text = texts[code]
        if text.obligation is obligation:
            yield from (
                "",
                f"### {code}",
                "",
                f"{text.title}. Reference: {text.reference}. Rule: `policies/{text.where}`.",
                "",
            )
            for language, said in text.message.items():
                yield f"- {language}: {said} {text.remedy[language]}"


def gates_page(questions: Questions) -> str:
    """Return the Markdown page of every gate: what it asks, and the exact shape of its question."""
    lines = ["# Gates", "", _GENERATED, "", "Anything missing, extra or of another type is refused unread."]
    for question in sorted(questions, key=lambda one: one.gate):
        said = (question.__doc__ or "").strip().split("\n")[0]
        lines += ["", f"## {question.gate}", "", said, "", "| field | kind |", "|---|---|"]
        lines += [f"| `{path}` | {_kind(node)} |" for path, node in shape(question).items() if path]
        if question.gate in PROFILES:
            lines += ["", f"Answers with a profile: {', '.join(sorted(PROFILES[question.gate]))}."]
    return "\n".join([*lines, ""])


def _kind(node: Node) -> str:
    return f"one of {', '.join(node.words)}" if node.words else node.kind
