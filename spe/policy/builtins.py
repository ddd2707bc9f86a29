"""The built-in functions that policies may use: a closed list in `policies/builtins.json`; whatever isn't in it is banned.

None of them knows the time, reaches out, draws lots or reads its surroundings: one question has one answer. OPA holds the
policies to the list by a capabilities file, the house rules by looking for calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from spe.errors import Malformed

FILE: Final = "builtins.json"
_TEXT: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`')
_CALL: Final = re.compile(r"(?<![\w.])([a-z_]\w*(?:\.\w+)*)\(")
_HEAD: Final = re.compile(r"^(?:default )?(\w+)\(", re.MULTILINE)
_IMPORT: Final = re.compile(r"^import data\.\S*?(\w+)(?: as (\w+))?$", re.MULTILINE)
_EMPTY_SET: Final = "set"


def allowed(sources: Mapping[str, bytes]) -> frozenset[str]:
    """Return the names that `sources` allow; `Malformed` where the list is missing or no list of names."""
    try:
        listed = json.loads(sources[FILE])["builtins"]
    except (KeyError, TypeError, ValueError):
        raise Malformed(f"{FILE} lists no built-in functions") from None
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise Malformed(f"{FILE} lists no built-in functions")
    return frozenset(listed)


def capabilities(every: bytes, names: frozenset[str]) -> bytes:
    """Return the capabilities file that leaves OPA only `names` of what it knows, and no host that it may reach."""
    known: dict[str, Any] = json.loads(every)
    kept = [one for one in known["builtins"] if one["name"] in names]
    return json.dumps({**known, "builtins": kept, "allow_net": []}).encode()


def foreign_calls(path: str, source: str, texts: Mapping[str, str], names: frozenset[str]) -> Iterator[str]:
    """Yield what `source` calls (or could call, unseen) that is neither in `names`, nor a function of its package, nor of an imported one."""
    folder = path.rsplit("/", 1)[0]
    beside = "\n".join(text for other, text in texts.items() if other.rsplit("/", 1)[0] == folder)
    own = set(_HEAD.findall(beside)) | {_EMPTY_SET}
    imported = {alias or name for name, alias in _IMPORT.findall(source)}
    without_texts = _TEXT.sub('""', source)
    if '$"' in without_texts:
        yield "a template string"
    if "](" in without_texts:
        yield "a call by a name in brackets"
    for name in dict.fromkeys(_CALL.findall(without_texts)):
        ours = name in own or name.split(".")[0] in imported or name.startswith("data.spe.")
        if not ours and name not in names:
            yield name
