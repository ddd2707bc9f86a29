"""Reading what the caller wrote: YAML or JSON values, texts, and project folders."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, TypeVar

import yaml

from spe.errors import Malformed
from spe.values import from_data, to_data

T = TypeVar("T")
_LARGEST = 2 << 20
_DEEPEST = 40
PROJECT_FILE = "spe.yaml"


class _Strict(yaml.SafeLoader):
    """YAML 1.1 without what surprises: no aliases, no dates, no name twice in a map."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the parent's own table, without timestamps
        first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases: a few lines of them make a value that never ends."""
        if self.check_event(yaml.events.AliasEvent):
            raise Malformed("aliases (*name) are not taken")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002 - deep always
        """Refuse a name that occurs twice."""
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        for at, name in enumerate(names):
            if not isinstance(name, str) or name in names[:at]:
                raise Malformed(
                    f"line {node.value[at][0].start_mark.line + 1}: {name!r} is no name, or occurs twice"
                )
        return super().construct_mapping(node, deep=True)


def read_value(kind: type[T], path: Path) -> dict[str, Any]:
    """Return a YAML (or JSON) file's content, once it is known to be a `kind`; errors name file, line and field."""
    text = read_text(path)
    data = _parsed(path, text)
    try:
        return dict(to_data(from_data(kind, data)))
    except Malformed as wrong:
        raise Malformed(f"{path}{_line(text, str(wrong))}: {wrong}") from None


def read_map(path: Path) -> dict[str, Any]:
    """Return a YAML file that must be a map."""
    data = _parsed(path, read_text(path))
    if not isinstance(data, dict):
        raise Malformed(f"{path}: must be a map of fields")
    return data


def read_text(path: Path) -> str:
    """Return a file's UTF-8 text of at most 2 MiB."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode("utf-8")
    except OSError as cause:
        raise Malformed(f"{path}: {cause.strerror}") from None
    except UnicodeDecodeError:
        raise Malformed(f"{path}: is not UTF-8 text") from None
    if len(data) > _LARGEST:
        raise Malformed(f"{path}: is over 2 MiB")
    return text


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as cause:
        raise Malformed(f"{path}: {cause.strerror}") from None


def read_project(folder: Path) -> dict[str, Any]:
    """Return a project folder as an upload: what `spe.yaml` says, and every other file; links and the like are refused."""
    about = read_map(folder / PROJECT_FILE)
    paths = [path for path in _below(folder) if path != folder / PROJECT_FILE]
    texts = {path: read_text(path) for path in paths}
    if sum(len(text.encode()) for text in texts.values()) > _LARGEST:
        raise Malformed(f"{folder}: a project has at most 2 MiB of source")
    return {**about, "files": [_file(path.relative_to(folder), path, text) for path, text in texts.items()]}


def _file(inside: Path, path: Path, text: str) -> dict[str, Any]:
    executable = bool(path.stat().st_mode & stat.S_IXUSR)
    return {"path": inside.as_posix(), "content": text, "executable": executable}


def _below(folder: Path) -> list[Path]:
    found = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.name in {"__pycache__", ".git"}:
            continue
        if entry.is_symlink() or not (
            entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
        ):
            raise Malformed(f"{path}: links and special files can't be part of a project")
        if path.suffix in {".pyc", ".pyo", ".so"}:
            raise Malformed(f"{path}: a project has source only, no bytecode or binaries")
        found += _below(path) if entry.is_dir() else [path]
    return found


def _parsed(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, _Strict)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as wrong:
        line = f":{wrong.problem_mark.line + 1}" if wrong.problem_mark else ""
        raise Malformed(f"{path}{line}: not YAML: {wrong.problem}") from None
    except yaml.YAMLError as wrong:
        raise Malformed(f"{path}: not YAML: {str(wrong)[:200]}") from None
    except RecursionError:
        raise Malformed(f"{path}: must be less deeply nested") from None
    except Malformed as wrong:
        raise Malformed(f"{path}: {wrong}") from None


def _line(text: str, wrong: str) -> str:
    """Return `:LINE` of the field that a decoding error names, or nothing where it can't be told."""
    field = wrong.partition(": ")[0]
    if "no field called" in wrong:
        field = f"{field}.{wrong.split(chr(39))[1]}"
    parts = field.replace("[", ".").replace("]", "").split(".")[1:]
    node = yaml.compose(text, _Strict)
    found = node.start_mark.line if node is not None else 0
    for part in parts:
        inner = _child(node, part)
        if inner is None:
            break
        node, found = inner
    return f":{found + 1}"


def _child(node: Any, part: str) -> tuple[Any, int] | None:
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        return node.value[int(part)], node.value[int(part)].start_mark.line
    if isinstance(node, yaml.MappingNode):
        pairs = [(key, value) for key, value in node.value if key.value == part]
        return (pairs[0][1], pairs[0][0].start_mark.line) if pairs else None
    return None
