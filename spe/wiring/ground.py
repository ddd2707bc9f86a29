"""What runs stand on here: the analysis runtime as mounted, and the sandbox profile, both by digest."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from spe.adapters.sandbox import seccomp
from spe.adapters.sandbox.runtime import Runtime, build_runtime, check_fingerprint
from spe.code.upload import Ground
from spe.crypto import canonical
from spe.errors import Unreachable
from spe.settings import Settings
from spe.setup.environments import RuntimeEnvironment
from spe.workspace.sandbox import CODE_FOLDER, Limits, RuntimeRef, python_argv

_CHECKOUT = Path(__file__).resolve().parents[2]
_ISOLATING = ("arguments.py", "stage.py", "launch.py", "supervisor.py")
_ENVIRONMENT = (
    ("HOME", "/tmp"),  # noqa: S108 - the sandbox's own, sized tmpfs
    ("LANG", "C.UTF-8"),
    ("MPLCONFIGDIR", "/tmp"),  # noqa: S108
    ("OMP_NUM_THREADS", "1"),
    ("OPENBLAS_NUM_THREADS", "1"),
    ("TZ", "UTC"),
)


@dataclass(frozen=True, slots=True)
class Grounds:
    """The runtime, the limits of a run, and the digest of the sandbox profile."""

    runtime: Runtime
    limits: Limits
    sandbox: str

    def path(self, wanted: RuntimeRef) -> Path:
        """Return where the runtime `wanted` is, after a look at its fingerprint; `Unreachable` for any other."""
        if wanted.digest != self.runtime.digest:
            raise Unreachable("the runtime that this code was approved for is not here")
        check_fingerprint(self.runtime)
        return self.runtime.path

    def of_code(self) -> Ground:
        """Return what manifests say of it."""
        return Ground(self.runtime.digest, self.sandbox, python_argv, _ENVIRONMENT, (CODE_FOLDER,))


def find_grounds(settings: Settings) -> Grounds:
    """Return the grounds, building the runtime where it was not built yet."""
    environment = (
        Path(settings.runtime_venv) if settings.runtime_venv else RuntimeEnvironment(_CHECKOUT).folder
    )
    runtime = build_runtime(environment / "bin" / "python", settings.cache / "runtime")
    limits = Limits(
        wall_seconds=settings.run_seconds,
        memory_bytes=settings.run_memory_mib << 20,
        processes=settings.run_processes,
    )
    return Grounds(runtime, limits, _profile(limits))


def _profile(limits: Limits) -> str:
    """Return the SHA-256 of what isolates: system-call filter, mounts, limits, and how code is started."""
    filtered = sha256(seccomp.program(platform.machine())).hexdigest()
    package = files("spe.adapters.sandbox")
    sources = {name: sha256((package / name).read_bytes()).hexdigest() for name in _ISOLATING}
    described = {
        "seccomp": filtered,
        "limits": asdict(limits),
        "start": list(python_argv("entry.py")),
        "sources": sources,
    }
    return sha256(canonical.encode(described)).hexdigest()
