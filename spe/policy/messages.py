"""What people read for a code: extracted from the METADATA beside the rules, and from tables of texts.

A text may hold `{name}`: it is filled with the reason's parameter of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from spe.errors import Malformed, Reason

LANGUAGES = ("en", "it")
_CUSTOM = {"message", "remedy", "reference"}
_HOLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason in a person's words: what is the rule, what happened, what mends it, where it is written."""

    title: str
    message: str
    remedy: str
    reference: str


@dataclass(frozen=True, slots=True)
class Text:
    """A code's texts; `message` and `remedy` by language, `where` is the file that they come from."""

    title: str
    message: Mapping[str, str]
    remedy: Mapping[str, str]
    reference: str
    where: str
    obligation: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """One METADATA block: what it says, the rule under it and the line where it begins."""

    path: str
    line: int
    content: Mapping[str, Any]
    rule: str


Catalogue = Mapping[str, Text]


def catalogue(sources: Mapping[str, bytes]) -> dict[str, Text]:
    """Return the texts of every code in `sources` (rules and `.yaml` tables); `Malformed` for a bad or double one."""
    texts: dict[str, Text] = {}
    for path in sorted(sources):
        for code, text in _texts(path, sources[path]):
            if code in texts:
                raise Malformed(f"{path}: {code} has its texts in {texts[code].where} already")
            texts[code] = text
    return texts


def explain(texts: Catalogue, reason: Reason, language: str = "en") -> Explanation:
    """Return the explanation of `reason`; an unknown language reads English, a code without texts reads as itself."""
    text = texts.get(reason.code)
    if text is None:
        return Explanation(reason.code, reason.code, "", "")
    params = dict(reason.params)
    spoken = language if language in text.message else LANGUAGES[0]
    return Explanation(
        title=text.title,
        message=_filled(text.message[spoken], params),
        remedy=_filled(text.remedy[spoken], params),
        reference=_filled(text.reference, params),
    )


def annotated(path: str, source: str) -> Iterator[Annotation]:
    """Return the METADATA blocks of a Rego file; `Malformed` where one is not YAML."""
    lines = source.splitlines()
    for number, line in enumerate(lines):
        if line.strip() != "# METADATA":
            continue
        end = number + 1
        while end < len(lines) and lines[end].startswith("#"):
            end += 1
        block = "\n".join(comment.removeprefix("#").removeprefix(" ") for comment in lines[number + 1 : end])
        yield Annotation(path, number + 1, _yaml(f"{path}:{number + 1}", block), _rule(lines[end:]))


def _rule(lines: list[str]) -> str:
    """Return the rule at the start of `lines`: all up to the next blank line or comment at the margin."""
    taken: list[str] = []
    for line in lines:
        if not line or line.startswith("#"):
            break
        taken.append(line)
    return "\n".join(taken)


def _texts(path: str, data: bytes) -> Iterator[tuple[str, Text]]:
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(f"{path} is not UTF-8") from None
    if path.endswith(".yaml"):
        for code, entry in _yaml(path, source).items():
            yield str(code), _text(f"{path}: {code}", path, entry)
    elif path.endswith(".rego"):
        for note in annotated(path, source):
            yield from _of_annotation(note)


def _of_annotation(note: Annotation) -> Iterator[tuple[str, Text]]:
    custom = dict(note.content.get("custom", {}))
    where = f"{note.path}:{note.line}"
    for key in ("code", "obligation"):
        if key in custom:
            code = custom.pop(key)
            entry = {"title": note.content.get("title"), **custom}
            yield str(code), _text(where, note.path, entry, obligation=key == "obligation")


def _text(where: str, path: str, entry: Any, *, obligation: bool = False) -> Text:
    if not isinstance(entry, dict) or set(entry) != {"title", *_CUSTOM}:
        raise Malformed(f"{where}: needs title, message, remedy and reference, and nothing else")
    for key in ("message", "remedy"):
        spoken = entry[key]
        if (
            not isinstance(spoken, dict)
            or set(spoken) != set(LANGUAGES)
            or not all(map(_said, spoken.values()))
        ):
            raise Malformed(f"{where}: {key} needs a text in each of {', '.join(LANGUAGES)}")
    if not _said(entry["title"]) or not _said(entry["reference"]):
        raise Malformed(f"{where}: title and reference are texts")
    return Text(entry["title"], entry["message"], entry["remedy"], entry["reference"], path, obligation)


def _said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _filled(text: str, params: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: params.get(hole.group(1), hole.group(0)), text)


class _Strict(yaml.SafeLoader):
    """YAML in which a name occurs once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key, deep=deep) for key, _ in node.value]
        if len(set(map(str, names))) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a name occurs twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _yaml(where: str, text: str) -> dict[Any, Any]:
    try:
        value = yaml.load(text, _Strict)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as cause:
        raise Malformed(f"{where}: not YAML: {cause}") from None
    if not isinstance(value, dict):
        raise Malformed(f"{where}: not a table of texts")
    return value
