"""The embedded policy engine's own process: it loads regopy and no other library; `regopy_engine` starts it.

regopy's library brings an allocator of its own. Beside another library of C++ in one process it either loses memory with
every question or aborts that library; in a process of its own it does neither, and one that is stuck can be killed.

`compile OUT`: standard input is JSON with `data`, `modules` and `entrypoints`; the compiled bundle goes to OUT.
`serve BUNDLE`: `READY` once it is loaded, then an `ANSWER` to each `QUESTION` until standard input ends. The parts of a question are
the entrypoint and documents, as JSON; the parts of an answer are raw, one for each document, and empty where there is none.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from regopy import BundleFormat, Interpreter, RegoError

from spe import frames
from spe.adapters.rego_words import ANSWER, READY


def main(verb: str, path: str) -> int:
    """Do what `verb` says; the exit code is 1, with a line on standard error, where policies can't be used."""
    try:
        return {"compile": compile_bundle, "serve": serve}[verb](path)
    except (RegoError, RuntimeError) as cause:
        sys.stderr.write(f"{cause}\n")
        return 1


def compile_bundle(out: str) -> int:
    """Compile what standard input holds into the file `out`."""
    asked = json.load(sys.stdin.buffer)
    interpreter = Interpreter()
    interpreter.add_data_json(json.dumps(asked["data"], ensure_ascii=False))
    for name, text in asked["modules"].items():
        interpreter.add_module(name, text)
    made = interpreter.build(None, asked["entrypoints"])
    if made.ok():
        interpreter.save_bundle(out, made, BundleFormat.Binary)
    return 0 if made.ok() else 1


def serve(path: str) -> int:
    """Answer questions on the compiled bundle `path` until standard input ends."""
    interpreter = Interpreter()
    bundle = interpreter.load_bundle(path, BundleFormat.Binary)
    if not bundle.ok():
        return 1
    frames.write(sys.stdout.buffer, READY, [])
    while (question := frames.read(sys.stdin.buffer)) is not None:
        entrypoint, *documents = question[1]
        answers = [_answer(interpreter, bundle, entrypoint.decode(), one) for one in documents]
        frames.write(sys.stdout.buffer, ANSWER, answers)
    return 0


def _answer(interpreter: Interpreter, bundle: Any, entrypoint: str, document: bytes) -> bytes:
    interpreter.set_input(escaped(json.loads(document)))
    output = interpreter.query_bundle_entrypoint(bundle, entrypoint)
    return only_expression(str(output)) if output.ok() else b""


def escaped(value: Any) -> Any:
    """Return `value` with each text as the inside of a JSON string.

    regopy keeps texts as JSON source and writes them into its answers as they are: unescaped, a quotation mark in
    a question would let its author write the answer, and a NUL would cut a text short.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if isinstance(value, Mapping):
        return {escaped(name): escaped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return value


def only_expression(text: str) -> bytes:
    """Return what is between the fixed frame `{"expressions":[` and `]}`; anything else is nothing."""
    start, end = '{"expressions":[', "]}"
    stripped = text.strip()
    if not (stripped.startswith(start) and stripped.endswith(end)):
        return b""
    return stripped[len(start) : -len(end)].encode("utf-8", "surrogatepass")
