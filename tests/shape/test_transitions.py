from __future__ import annotations

import pytest

from spe.audit.events.model import catalogue
from spe.errors import NotNow
from spe.states import step
from tests.shape.event_pages import events
from tests.shape.state_pages import PAGE, Machine, machines, page

MACHINES = machines()
ENDS = {
    "catalogue": {"withdrawn"},
    "code": {"rejected"},
    "cohort": {"destroyed"},
    "consent": {"done"},
    "decision": {"granted", "refused"},
    "oversight": {"lifted"},
    "output": {"released", "destroyed"},
    "permit": {"revoked"},
    "release": {"stopped", "recalled"},
    "request": {"granted", "refused", "withdrawn"},
    "run": {"stopped"},
    "workspace": {"gone"},
}
each_machine = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.stage)


def test_these_stages_have_states() -> None:
    assert {machine.stage for machine in MACHINES} == set(ENDS)


@each_machine
def test_every_status_and_command_leads_where_the_table_says_or_is_refused(machine: Machine) -> None:
    pairs = [(status, command) for status in machine.statuses for command in machine.commands]
    assert set(machine.table) <= set(pairs)
    for status, command in pairs:
        if (status, command) in machine.table:
            assert step(machine.table, status, command) is machine.table[status, command]
        else:
            with pytest.raises(NotNow):
                step(machine.table, status, command)


@each_machine
def test_every_status_is_reached_from_the_first(machine: Machine) -> None:
    reached = {machine.first}
    for _ in machine.table:
        reached |= {end for (start, _), end in machine.table.items() if start in reached}
    assert reached == set(machine.statuses)


@each_machine
def test_every_command_does_something_somewhere(machine: Machine) -> None:
    assert {command for _, command in machine.table} == set(machine.commands)


@each_machine
def test_every_command_says_what_it_leaves_in_the_log(machine: Machine) -> None:
    events()
    assert set(machine.leaves) == set(machine.commands)
    assert all(catalogue()[event.type] is event for event in machine.leaves.values())


@each_machine
def test_what_ends_is_declared(machine: Machine) -> None:
    assert {status.value for status in machine.ends()} == ENDS[machine.stage]


@each_machine
def test_from_everywhere_an_end_is_reached(machine: Machine) -> None:
    if not ENDS[machine.stage]:
        return
    good = set(machine.ends())
    for _ in machine.table:
        good |= {start for (start, _), end in machine.table.items() if end in good}
    assert good == set(machine.statuses)


def test_the_page_of_states_is_what_the_tables_say() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.shape.state_pages"
