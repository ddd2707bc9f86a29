"""The embedded policy engine: regopy (rego-cpp), in a process of its own, on a bundle that is compiled once per digest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, cast

from spe import frames
from spe.adapters.rego_words import ANSWER, QUESTION, READY
from spe.errors import Unreachable
from spe.policy.bundle import ENTRYPOINT, Bundle

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from spe.adapters.rego_child import main; sys.exit(main(*sys.argv[2:]))"
_CHILD = (sys.executable, "-I", "-c", _PROGRAM, str(_ROOT))
_LARGEST_ANSWER = 16 << 20
_COMPILING = 120.0


def compiled(bundle: Bundle, cache: Path) -> Path:
    """Return the compiled form of `bundle` in the folder `cache`, making it if it isn't there.

    Who can write to `cache` decides what is allowed, so the folder is closed to others. `Unreachable`: the bundle
    does not compile, or the folder can't be written.
    """
    path = cache / f"{bundle.digest}-{version('regopy')}.rbb"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.is_file():
            compile_to(path, bundle.data(), bundle.modules(), [ENTRYPOINT])
    except OSError as cause:
        raise Unreachable(f"the compiled policies can't be kept: {cause.strerror}") from cause
    return path


def compile_to(path: Path, data: Any, modules: Mapping[str, str], entrypoints: Sequence[str]) -> None:
    """Compile policies for these entrypoints into the file `path`; `Unreachable` where they don't compile."""
    asked = {"data": data, "modules": dict(modules), "entrypoints": list(entrypoints)}
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder) / "bundle"
        try:
            subprocess.run(
                (*_CHILD, "compile", str(unfinished)),
                input=json.dumps(asked).encode(),
                env={},
                capture_output=True,
                check=True,
                timeout=_COMPILING,
            )
        except subprocess.SubprocessError as cause:
            said = (getattr(cause, "stderr", None) or b"").decode(errors="replace").strip()
            raise Unreachable(": ".join(filter(None, ["the policy bundle does not compile", said]))) from None
        unfinished.chmod(0o600)
        unfinished.replace(path)


class RegopyEngine:
    """One process with its own copy of a compiled bundle; asked by one thread at a time, closed from any."""

    def __init__(self, path: Path) -> None:
        self._process = process = subprocess.Popen(
            (*_CHILD, "serve", str(path)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            # A terminal's Ctrl-C is for whoever asks, not for the engine.
            process_group=0,
        )
        self._let_go = weakref.finalize(self, _let_go, process)
        self._asked, self._answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        if not self._hears(READY):
            self._let_go()
            raise Unreachable("the compiled policies can't be loaded")

    @property
    def pid(self) -> int:
        """Return the number of the engine's process."""
        return self._process.pid

    def ask(self, document: Mapping[str, Any], entrypoint: str = ENTRYPOINT) -> bytes:
        """Return the raw answer at the entrypoint; see `ask_each`."""
        return self.ask_each([document], entrypoint)[0]

    def ask_each(self, documents: Sequence[Mapping[str, Any]], entrypoint: str = ENTRYPOINT) -> list[bytes]:
        """Return the raw answers at the entrypoint: one JSON value each, or nothing where it is undefined or an error.

        `Unreachable`: its process has ended, or was closed meanwhile.
        """
        asked = [entrypoint.encode(), *(json.dumps(document).encode() for document in documents)]
        try:
            frames.write(self._asked, QUESTION, asked)
        except (OSError, ValueError):
            answer = None
        else:
            answer = self._hears(ANSWER)
        if not answer or len(answer[1]) != len(documents):
            self._let_go()
            raise Unreachable("the policy engine has ended")
        return answer[1]

    def close(self) -> None:
        """End its process; whoever asks it just now hears that it has ended."""
        _end(self._process)

    def _hears(self, word: int) -> tuple[int, list[bytes]] | None:
        """Return the engine's next message, None where it has ended or says another word."""
        try:
            heard = frames.read(self._answers, _LARGEST_ANSWER)
        except (OSError, ValueError, Unreachable):
            return None
        return heard if heard and heard[0] == word else None


class EngineMaker:
    """Makes engines on one compiled bundle; without a `cache` it is compiled for this process only."""

    def __init__(self, bundle: Bundle, cache: Path | None = None) -> None:
        folder = cache or Path(tempfile.mkdtemp(prefix="spe-policy-"))
        if cache is None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._path = compiled(bundle, folder)

    def make(self) -> RegopyEngine:
        """Return a new engine."""
        return RegopyEngine(self._path)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """End the process and close its pipes: never while another thread may be about to read from one."""
    _end(process)
    process.communicate()
