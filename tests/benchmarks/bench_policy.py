"""Our decision path (A: document, pool, engine's process, judge) against a bare query of the same compiled bundle (B).

Run `python -m tests.benchmarks.bench_policy [rounds]`. Each round goes A B B A over the good question of every gate;
first both arms must give the same answer. B asks regopy in this very process, which is why it is imported first here. Reported is the median of the rounds' ratios with a bootstrap 95 % interval.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from regopy import BundleFormat, Interpreter

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.policy_point import embedded_point
from spe.adapters.rego_child import escaped
from spe.adapters.regopy_engine import compiled
from spe.policy.bundle import ENTRYPOINT, build
from tests.benchmarks.rounds import ROUNDS, seconds, spread, there_and_back
from tests.unit.policy.good_questions import GOOD, good


def main(rounds: int) -> None:
    point = embedded_point(deadline=30.0)
    interpreter = Interpreter()
    with TemporaryDirectory() as folder:
        path = compiled(build(read_sources(), QUESTIONS), Path(folder))
        bundle = interpreter.load_bundle(str(path), BundleFormat.Binary)
    inputs = {gate: escaped(good(gate)) for gate in GOOD}

    def ours() -> None:
        for question in GOOD.values():
            assert point.ask(question).allow

    def bare() -> None:
        for gate in GOOD:
            interpreter.set_input(inputs[gate])
            answer = interpreter.query_bundle_entrypoint(bundle, ENTRYPOINT)
            assert '"allow":true' in str(answer)

    ours()
    bare()
    ratios, times = [], []
    for _ in range(rounds):
        a, b = there_and_back([partial(seconds, ours), partial(seconds, bare)])
        ratios.append(a / b)
        times.append(a / len(GOOD) * 1000)
    print(f"decision path: {spread(ratios)} x a bare query, {median(times):.1f} ms each")
    point.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
