"""Programs of other makers that spe works with, built once per machine and version: `python3 -m spe.setup tools [NAME ...]`.

They lie in `$SPE_TOOLS` (`~/.cache/spe-tools`) under name and version. Whoever has a program already points at it with
the tool's own variable, and nothing is built.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from spe.errors import Malformed, Unreachable
from spe.setup.console import call, ticking
from spe.setup.go import go_program
from spe.setup.stamp import alone, is_whole, making

_RECIPE: Final = "1"


class Tool(Protocol):
    """One program: its name, its version, the variable that names another, and how it is made."""

    @property
    def name(self) -> str:
        """Return the program's name, which is its file's too."""
        ...

    @property
    def version(self) -> str:
        """Return the version that is built."""
        ...

    @property
    def variable(self) -> str:
        """Return the environment variable by which a user names a program of their own."""
        ...

    @property
    def key(self) -> str:
        """Return what a build depends on, as a text."""
        ...

    def make(self, folder: Path) -> None:
        """Leave the program in `folder`; `Unreachable` says what is missing for it."""
        ...


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A program that Go installs from its module; `checksum` is the module's in go.sum, which fixes all it is made of."""

    name: str
    version: str
    variable: str
    module: str
    checksum: str

    @property
    def key(self) -> str:
        """Return what a build depends on."""
        return f"{_RECIPE} {self.module} {self.version} {self.checksum}"

    def make(self, folder: Path) -> None:
        """Build it; a module of another checksum is not kept."""
        go = go_program(tools_folder())
        env = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
        remedy = (
            f"Is the Go module proxy reachable? A {self.name} of your own can be named in {self.variable}."
        )
        call([go, "install", "-trimpath", f"{self.module}@v{self.version}"], remedy, env)
        made_of = call([go, "version", "-m", folder / self.name], remedy)
        if f"\tv{self.version}\t{self.checksum}" not in made_of:
            raise Unreachable(f"{self.module} v{self.version} is not the module that this checkout names")


@dataclass(frozen=True, slots=True)
class MavenArchive:
    """A server that comes as a zip from Maven Central, of this checksum; `prepare` is what is run in it once.

    Nothing is made where `server` names one that runs already.
    """

    name: str
    version: str
    variable: str
    server: str
    artifact: str
    sha256: str
    prepare: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return what a build depends on."""
        return f"{_RECIPE} {self.artifact} {self.version} {self.sha256} {' '.join(self.prepare)}"

    def make(self, folder: Path) -> None:
        """Fetch, compare, unpack and prepare it; an archive of another checksum is not kept."""
        for program in ("mvn", "java"):
            if shutil.which(program) is None:
                raise Unreachable(
                    f"{program} is needed for {self.name}: install Maven and Java 17, or set {self.server}"
                )
        archive = self._fetched(folder)
        if sha256(archive.read_bytes()).hexdigest() != self.sha256:
            raise Unreachable(f"{self.artifact} {self.version} is not the archive that this checkout names")
        shutil.unpack_archive(archive, folder)
        archive.unlink()
        unpacked = next(one for one in folder.iterdir() if one.is_dir())
        unpacked.replace(folder / self.name)
        for script in (folder / self.name / "bin").glob("*.sh"):
            script.chmod(0o755)
        call(["bash", folder / self.name / self.prepare[0], *self.prepare[1:]], "Is this Java 17 or newer?")

    def _fetched(self, folder: Path) -> Path:
        what = f"{self.artifact}:{self.version}:zip"
        remedy = f"Is Maven Central reachable? A {self.name} that runs already can be named in {self.server}."
        call(["mvn", "-q", "-B", "dependency:get", "-Dtransitive=false", f"-Dartifact={what}"], remedy)
        copied = [f"-Dartifact={what}", f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true"]
        call(["mvn", "-q", "-B", "dependency:copy", *copied], remedy)
        return next(folder.glob("*.zip"))


OPA: Final = GoProgram(
    "opa",
    "1.22.2",
    "SPE_OPA",
    "github.com/open-policy-agent/opa",
    "h1:WzqReKk2VjcvBN/NQTlcIxKqFPKpzIdb6KYMHzPEbe0=",
)
KEYCLOAK: Final = MavenArchive(
    "keycloak",
    "26.4.0",
    "SPE_KEYCLOAK",
    "SPE_KEYCLOAK_URL",
    "org.keycloak:keycloak-quarkus-dist",
    "1b6a11a2726ac8a8dc9c91d5fafe989a75ce4f1622d7f7b45c21d5bc16629c0a",
    ("bin/kc.sh", "build", "--db=dev-mem", "--health-enabled=true"),
)
TOOLS: Final[tuple[Tool, ...]] = (OPA, KEYCLOAK)


def tools_folder() -> Path:
    """Return where this machine's tools lie."""
    named = os.environ.get("SPE_TOOLS") or Path.home() / ".cache" / "spe-tools"
    return Path(named).expanduser().absolute()


def find(tool: Tool) -> Path | None:
    """Return the program, the user's own before ours; None where there is neither."""
    own = _own(tool)
    if own is not None:
        return own
    return _file(tool) if is_whole(_folder(tool), tool.key) else None


def make_tools(names: Sequence[str], tell: Callable[[str, Callable[[], str]], None] = ticking) -> None:
    """Build the tools of these names (all, for none) that aren't there; `tell` does each and shows that it goes on."""
    for tool in _chosen(names):
        if find(tool) is None and not os.environ.get(getattr(tool, "server", "")):
            tell(f"{tool.name} {tool.version}, some minutes", lambda tool=tool: _make(tool))  # type: ignore[misc]


def _chosen(names: Sequence[str]) -> list[Tool]:
    known = {tool.name: tool for tool in TOOLS}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise Malformed(f"there is no tool {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names or known]


def _own(tool: Tool) -> Path | None:
    named = os.environ.get(tool.variable)
    if not named:
        return None
    path = shutil.which(Path(named).expanduser())
    if path is None:
        raise Unreachable(f"{tool.variable} names {named}, which is no program")
    return Path(path).absolute()


def _make(tool: Tool) -> str:
    folder = _folder(tool)
    with alone(folder.with_name(f"{folder.name}.lock")):
        if is_whole(folder, tool.key):
            return "built by somebody else meanwhile"
        with making(folder, tool.key), tempfile.TemporaryDirectory(dir=folder.parent) as made:
            tool.make(Path(made))
            folder.mkdir()
            (Path(made) / tool.name).replace(_file(tool))
    return f"built in {folder}"


def _folder(tool: Tool) -> Path:
    return tools_folder() / f"{tool.name}-{tool.version}"


def _file(tool: Tool) -> Path:
    return _folder(tool) / tool.name
