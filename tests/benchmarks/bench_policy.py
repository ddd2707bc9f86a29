"""Our decision path (A: document, pool, engine, judge) against a bare query of the same compiled bundle (B).

Run `python -m tests.benchmarks.bench_policy [rounds]`. Each round goes A B B A over the good question of every gate;
first both arms must give the same answer. Reported is the median of the rounds' ratios with a bootstrap 95 % interval.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.policy_point import embedded_point
from spe.adapters.regopy_engine import EngineMaker, escaped
from spe.policy.bundle import ENTRYPOINT, build
from tests.unit.policy.good_questions import GOOD, good

ROUNDS = 15


def seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def interval(ratios: list[float]) -> tuple[float, float]:
    rng = random.Random(1)
    medians = sorted(median(rng.choices(ratios, k=len(ratios))) for _ in range(2000))
    return medians[50], medians[-51]


def main(rounds: int) -> None:
    point = embedded_point(deadline=30.0)
    maker = EngineMaker(build(read_sources(), QUESTIONS))
    engine = maker.make()
    inputs = {gate: escaped(good(gate)) for gate in GOOD}

    def ours() -> None:
        for question in GOOD.values():
            assert point.ask(question).allow

    def bare() -> None:
        for gate in GOOD:
            engine._interpreter.set_input(inputs[gate])
            answer = engine._interpreter.query_bundle_entrypoint(engine._bundle, ENTRYPOINT)
            assert '"allow":true' in str(answer)

    ours()
    bare()
    ratios, times = [], []
    for _ in range(rounds):
        a, b = seconds(ours), seconds(bare)
        b += seconds(bare)
        a += seconds(ours)
        ratios.append(a / b)
        times.append(a / 2 / len(GOOD) * 1000)
    low, high = interval(ratios)
    print(
        f"decision path: {median(ratios):.2f} x a bare query ({low:.2f} to {high:.2f}), {median(times):.1f} ms each"
    )
    point.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
