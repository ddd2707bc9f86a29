"""The closed shape of every question, taken from its dataclass: what policy refuses everything else than.

A shape maps each node's path to its kind: `a.b` is field b of field a, `*` stands for every item of a list. From
the shapes the Rego module `spe.shape` is written, which `spe.main` asks before any rule.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from spe.policy.model import Question

_PLAIN: Mapping[Any, str] = types.MappingProxyType({str: "text", int: "whole", bool: "truth"})
_TESTS: Mapping[str, str] = types.MappingProxyType({"text": "is_string({0})", "truth": "is_boolean({0})"})


@dataclass(frozen=True, slots=True)
class Node:
    """One place in a question: `kind` is object, list, text, whole, truth or word.

    `keys` are an object's fields, `words` the only texts that a word may be.
    """

    kind: str
    keys: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


Shape: TypeAlias = Mapping[str, Node]
Questions: TypeAlias = Iterable[type[Question]]


def shape(question: type[Question]) -> Shape:
    """Return the shape of one gate's question; `TypeError` where a field has a type that no question may have."""
    nodes: dict[str, Node] = {}
    _walk(question, "", nodes)
    top = nodes[""]
    nodes[""] = Node("object", ("gate", *top.keys))
    nodes["gate"] = Node("word", words=(question.gate,))
    return nodes


def _walk(kind: Any, path: str, nodes: dict[str, Node]) -> None:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        keys = tuple(field.name for field in fields(kind))
        nodes[path] = Node("object", keys)
        for key in keys:
            _walk(hints[key], f"{path}.{key}".removeprefix("."), nodes)
    elif get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        nodes[path] = Node("list")
        _walk(get_args(kind)[0], f"{path}.*", nodes)
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        nodes[path] = Node("word", words=tuple(member.value for member in kind))
    elif kind in _PLAIN:
        nodes[path] = Node(_PLAIN[kind])
    else:
        raise TypeError(f"{path}: no question may hold {kind}")


def rego(questions: Questions) -> str:
    """Return the Rego module `spe.shape` with one rule `well_formed` per gate."""
    known = sorted(questions, key=lambda question: question.gate)
    parts = ["# Written from the question dataclasses when the bundle is built.\npackage spe.shape"]
    parts.append("gates := {" + ", ".join(f'"{question.gate}"' for question in known) + "}")
    parts.append("default well_formed := false")
    for question in known:
        name = "of_" + re.sub(r"\W", "_", question.gate)
        parts.append(f'well_formed if {{\n\tinput.gate == "{question.gate}"\n\t{name}(input)\n}}')
        parts.extend(_rules(name, "", shape(question)))
    return "\n\n".join(parts) + "\n"


def _rules(name: str, path: str, nodes: Shape) -> list[str]:
    """Return the rule that checks the object at `path`, and those of the objects in it."""
    node = nodes[path]
    named = ", ".join(f'"{key}"' for key in sorted(node.keys))
    lines, more = ["is_object(x)", f"object.keys(x) == {{{named}}}"], []
    for key in node.keys:
        here = f"{path}.{key}".removeprefix(".")
        lines.extend(_checks(name, f"x.{key}", here, nodes))
        inner = f"{here}.*" if nodes[here].kind == "list" else here
        if nodes[inner].kind == "object":
            more.extend(_rules(f"{name}_{key}", inner, nodes))
    return [f"{name}(x) if {{\n\t" + "\n\t".join(lines) + "\n}", *more]


def _checks(name: str, term: str, path: str, nodes: Shape) -> list[str]:
    if nodes[path].kind != "list":
        return _single(name, term, path, nodes)
    item = "; ".join(_single(name, "item", f"{path}.*", nodes, term.removeprefix("x.")))
    return [f"is_array({term})", f"every item in {term} {{ {item} }}"]


def _single(name: str, term: str, path: str, nodes: Shape, key: str = "") -> list[str]:
    node = nodes[path]
    if node.kind == "object":
        return [f"{name}_{key or term.removeprefix('x.')}({term})"]
    if node.kind == "word":
        return [f"{term} in {{" + ", ".join(f'"{word}"' for word in node.words) + "}"]
    if node.kind == "whole":
        return [f"is_number({term})", f"round({term}) == {term}"]
    return [_TESTS[node.kind].format(term)]
