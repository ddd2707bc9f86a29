"""House rules for policies: what `spe policy check` refuses before a bundle is ever built."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from spe.errors import Malformed
from spe.policy.builtins import FILE, allowed, foreign_calls
from spe.policy.messages import annotated, catalogue
from spe.policy.profiles import OBLIGATIONS

_CODE = re.compile(r'\{"code": "([^"]*)"')
_ALLOWED_BY_DEFAULT = re.compile(r"^default\s+\w*(?:allow|grounds)\w*\s*:?=\s*true\b", re.MULTILINE)
_IMPORT = re.compile(r"^import (\S+)(?: as (\w+))?$", re.MULTILINE)
_EVERY_NOT = re.compile(r"\bevery\b[^{]*\{[^}]*\bnot\b")
_DESCRIBED = "# METADATA\n# scope: package\n# title: "
_WITH = re.compile(r"\bwith\b")
_TEST_RULE = re.compile(r"^test_\w+ if", re.MULTILINE)


def check_sources(sources: Mapping[str, bytes]) -> list[str]:
    """Return what is wrong with the policies, one line each with its file; empty means that they may be built."""
    try:
        texts = {path: data.decode("utf-8") for path, data in sources.items() if path.endswith(".rego")}
        known = {code: text.obligation for code, text in catalogue(sources).items()}
        names = allowed(sources)
    except (UnicodeDecodeError, Malformed) as cause:
        return [str(cause)]
    problems = [problem for path in sorted(texts) for problem in _file(path, texts)]
    problems += [problem for path in sorted(texts) for problem in _calls(path, texts, names)]
    problems += [problem for path in sorted(texts) for problem in _codes(path, texts[path], known)]
    duties = {code for code, obligation in known.items() if obligation}
    problems += [f"obligation {code} is not one that spe fulfils" for code in sorted(duties - OBLIGATIONS)]
    return problems


def _file(path: str, texts: Mapping[str, str]) -> Iterator[str]:
    source = _without_comments(texts[path])
    if _ALLOWED_BY_DEFAULT.search(source):
        yield f"{path}: nothing is allowed by default"
    if _EVERY_NOT.search(source):
        yield f"{path}: `not` inside `every` means different things to different engines"
    yield from _package(path, source)
    yield from _imports(path, source)
    if path.endswith("_test.rego"):
        if not _TEST_RULE.search(source):
            yield f"{path}: holds no test"
    else:
        yield from _rule_file(path, source, texts)


def _calls(path: str, texts: Mapping[str, str], names: frozenset[str]) -> Iterator[str]:
    for name in foreign_calls(path, _without_comments(texts[path]), texts, names):
        yield f"{path}: {name} is banned: it is not in {FILE}"


def _rule_file(path: str, source: str, texts: Mapping[str, str]) -> Iterator[str]:
    folder = path.rsplit("/", 1)[0]
    if not any(other.startswith(f"{folder}/") and other.endswith("_test.rego") for other in texts):
        yield f"{path}: has no _test.rego beside it"
    if _WITH.search(source):
        yield f"{path}: `with` belongs in tests"
    described = [name for name in texts if name.rsplit("/", 1)[0] == folder and _DESCRIBED in texts[name]]
    if folder != "spe" and len(described) != 1:
        yield f"{path}: its package has METADATA in {len(described)} files, and OPA wants it in one"


def _package(path: str, source: str) -> Iterator[str]:
    found = re.search(r"^package (\S+)$", source, re.MULTILINE)
    folder = ".".join(path.split("/")[:-1])
    stem = path.rsplit("/", maxsplit=1)[-1].removesuffix(".rego")
    expected = {folder, f"{folder}_test", f"{folder}.{stem}"}
    if found is None or found.group(1) not in expected:
        yield f"{path}: its package is not its folder"


def _imports(path: str, source: str) -> Iterator[str]:
    for name, alias in _IMPORT.findall(source):
        used = alias or name.split(".")[-1]
        if not name.startswith("data.spe."):
            yield f"{path}: imports {name}, which is not data.spe"
        if not re.search(rf"(?<![.\w]){used}[.\[]", source):
            yield f"{path}: imports {name} and never uses it"


def _codes(path: str, source: str, known: Mapping[str, bool]) -> Iterator[str]:
    if path.endswith("_test.rego"):
        return
    for code in _CODE.findall(_without_comments(source)):
        if code not in known:
            yield f"{path}: {code} has no METADATA with its texts"
    for note in annotated(path, source):
        custom = note.content.get("custom", {})
        code = custom.get("code") or custom.get("obligation")
        if code and f'"code": "{code}"' not in note.rule:
            yield f"{path}:{note.line}: describes {code}, but the rule under it gives another code"


def _without_comments(source: str) -> str:
    return "\n".join("" if line.lstrip().startswith("#") else line for line in source.splitlines())
