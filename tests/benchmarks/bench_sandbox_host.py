"""What a hostile run does to the machine's other work: wake-up and process start beside it, against the same without it.

Run `python -m tests.benchmarks.bench_sandbox_host [rounds]`. Each round goes A B B A for each attack; reported is the median over
rounds of the ratio of 99th percentiles, with a bootstrap 95 % interval (aim 2).
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from threading import Event, Thread

from spe.workspace.sandbox import Limits
from tests.attacks.sandbox_world import MEBIBYTE, new_box
from tests.benchmarks.rounds import spread

PROBES = 60
LIMITS = Limits(wall_seconds=120.0, memory_bytes=256 * MEBIBYTE, processes=32)
ATTACKS = {
    "forks without end": "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
    "computes in 8 processes": "import os\nfor _ in range(3): os.fork()\nwhile True: pass",
    "writes files without end": "while True:\n  try: open('/tmp/x','wb').write(bytes(60<<20))\n  except OSError: pass",
    "floods its streams": "import os\nwhile True: os.write(1, b'x'*65536)",
    "eats memory up to its limit": "held=[bytearray(b'1')*(1<<20) for _ in range(180)]\nwhile True: held.append(held.pop()[:])",
}


def p99_ms() -> float:
    """Return the 99th percentile of: sleep 2 ms, then start and reap a process."""
    seen = []
    for _ in range(PROBES):
        began = time.perf_counter()
        time.sleep(0.002)
        subprocess.run(["/bin/true"], check=True)
        seen.append((time.perf_counter() - began) * 1000)
    return sorted(seen)[int(0.99 * (len(seen) - 1))]


def beside(program: str, *, control_groups: bool) -> float:
    box, stop = new_box(control_groups=control_groups), Event()
    thread = Thread(target=lambda: box.run(program, LIMITS, stop=stop))
    thread.start()
    time.sleep(0.3)
    found = p99_ms()
    stop.set()
    thread.join()
    box.sandbox.close()
    return found


def measure(rounds: int, *, control_groups: bool) -> None:
    print(
        f"limits by {'control groups where possible' if control_groups else 'rlimits'}, {rounds} rounds of {4 * PROBES}"
    )
    for name, program in ATTACKS.items():
        ratios, alone, near = list[float](), list[float](), list[float]()
        for _ in range(rounds):
            one = beside(program, control_groups=control_groups)
            without = [p99_ms(), p99_ms()]
            both = [one, beside(program, control_groups=control_groups)]
            ratios.append(sum(both) / sum(without))
            alone += without
            near += both
        print(f"  {name:28} {median(alone):6.2f} ms -> {median(near):6.2f} ms   {spread(ratios)} (aim 2)")


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    for groups in (True, False):
        measure(wanted, control_groups=groups)
