"""An attacker with every released table, against the checks and the differencing that let them out.

The attack shares no code with the defence: modular elimination for what follows linearly, closed-form bounds for what
follows from counts being no less than nought.
"""

from __future__ import annotations

import random
from itertools import product

from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.code.layout import Layout
from spe.code.layout_parse import parse_layout
from spe.output.checks.assess import Verdict, check_output
from spe.output.checks.finding import Profile, Severity
from spe.output.support import Cell, Support
from spe.release.differencing import compare
from spe.release.regions import Released, Source

Atom = tuple[int, int, int]
PRIME = 2**61 - 1
ATOMS: list[Atom] = [(a, b, c) for a, b, c in product((0, 1), repeat=3)]
PROFILE = Profile("attack", 10, 0.5, 0.9, 10.0, 1.0, 0.2, 40, 4)
CODEBOOK = tuple(
    Variable(name, name, VariableType.CATEGORY, VariableGroup.CLINICAL, ("0", "1"))
    for name in ("a", "b", "c")
)
SHAPES = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]

Counts = dict[Atom, int]
Facts = dict[frozenset[Atom], int]


def population(dice: random.Random) -> Counts:
    """People per atom: some atoms rare, some not."""
    return {
        atom: dice.choice([dice.randint(0, 9), dice.randint(5, 30), dice.randint(20, 90)]) for atom in ATOMS
    }


def layout_of(shape: tuple[int, ...]) -> Layout:
    dimensions = [{"field": "abc"[at], "map": {"0": "no", "1": "yes"}} for at in shape]
    return parse_layout({"name": "t", "kind": "count", "file": "t.csv", "dimensions": dimensions})


def facts_of(people: Counts, shape: tuple[int, ...]) -> Facts:
    cells = product((0, 1), repeat=len(shape))
    groups = [frozenset(atom for atom in ATOMS if tuple(atom[at] for at in shape) == cell) for cell in cells]
    return {group: sum(people[atom] for atom in group) for group in groups}


def released(people: Counts, shapes: list[tuple[int, ...]]) -> tuple[Facts, list[tuple[int, ...]]]:
    """Try one table after the other; those that no check stops are out."""
    out: Facts = {}
    earlier: list[Released] = []
    passed = []
    for at, shape in enumerate(shapes):
        layout, facts = layout_of(shape), facts_of(people, shape)
        labels = product(("no", "yes"), repeat=len(shape))
        cells = tuple(Cell(label, n) for label, n in zip(labels, facts.values(), strict=True))
        support = Support("t", sum(people.values()), 0, cells)
        table = Released(f"r{at}", "p", frozenset({Source("s", "c")}), layout, cells)
        if check_output(layout, support, None, PROFILE).verdict is Verdict.STOP:
            continue
        if any(finding.severity is Severity.STOP for finding in compare([table], earlier, CODEBOOK, PROFILE)):
            continue
        earlier.append(table)
        passed.append(shape)
        out |= facts
    return out, passed


def follows(facts: Facts, group: frozenset[Atom]) -> bool:
    """Say whether the group's count is a linear combination of the released ones."""
    basis: dict[int, list[int]] = {}

    def reduced(vector: list[int]) -> list[int]:
        for pivot, row in basis.items():
            factor = vector[pivot]
            vector = [(entry - factor * other) % PRIME for entry, other in zip(vector, row, strict=True)]
        return vector

    for known in facts:
        vector = reduced([int(atom in known) for atom in ATOMS])
        pivot = next((at for at, entry in enumerate(vector) if entry), None)
        if pivot is not None:
            inverse = pow(vector[pivot], -1, PRIME)
            basis[pivot] = [entry * inverse % PRIME for entry in vector]
    return not any(reduced([int(atom in group) for atom in ATOMS]))


def atom_bounds(people: Counts, passed: list[tuple[int, ...]], atom: tuple[int, int, int]) -> tuple[int, int]:
    """Sharp bounds with all three two-way tables out, Fréchet's otherwise."""

    def total(shape: tuple[int, ...]) -> int:
        return sum(n for other, n in people.items() if all(other[at] == atom[at] for at in shape))

    if {(0, 1), (0, 2), (1, 2)} <= set(passed):
        same = [n for other, n in people.items() if (sum(other) - sum(atom)) % 2 == 0]
        opposite = [n for other, n in people.items() if (sum(other) - sum(atom)) % 2]
        return people[atom] - min(same), people[atom] + min(opposite)
    low, high = 0, min([total(shape) for shape in passed], default=sum(people.values()))
    for left, right in product(passed, repeat=2):
        if set(left) | set(right) == {0, 1, 2}:
            shared = tuple(sorted(set(left) & set(right)))
            if shared or passed:
                low = max(low, total(left) + total(right) - total(shared))
    return low, high


def small_groups(people: Counts) -> list[frozenset[Atom]]:
    regions = (
        frozenset(
            atom for atom in ATOMS if all(atom[at] == value for at, value in zip(shape, values, strict=True))
        )
        for shape in SHAPES
        for values in product((0, 1), repeat=len(shape))
    )
    return [region for region in regions if sum(people[atom] for atom in region) < PROFILE.threshold]


def test_no_small_group_is_recovered_from_300_populations() -> None:
    dice = random.Random(20)
    tables = attacked = 0
    for _ in range(300):
        people = population(dice)
        facts, passed = released(people, dice.sample(SHAPES, len(SHAPES)))
        tables += len(passed)
        for group in small_groups(people):
            attacked += 1
            assert not follows(facts, group)
            if len(group) == 1:
                low, high = atom_bounds(people, passed, next(iter(group)))
                assert high >= PROFILE.threshold or high - low > PROFILE.recover_width
    # An attack on nothing would prove nothing.
    assert tables > 500
    assert attacked > 500


def test_the_attack_itself_works_where_nothing_is_stopped() -> None:
    people = dict.fromkeys(ATOMS, 30) | {(1, 1, 1): 3}
    leaked = facts_of(people, (0, 1)) | {frozenset({(1, 1, 0)}): 30}
    assert follows(leaked, frozenset({(1, 1, 1)}))
    assert atom_bounds(people | {(0, 0, 0): 2}, [(0, 1), (0, 2), (1, 2)], (1, 1, 1)) == (0, 5)
