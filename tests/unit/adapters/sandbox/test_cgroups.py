from __future__ import annotations

import os
from pathlib import Path

from spe.adapters.sandbox import cgroups
from spe.workspace.sandbox import Enforcement

V1 = "8:pids:/\n4:memory:/mine\n1:cpu:/\n0::/\n"


def fake_kernel(monkeypatch_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (monkeypatch_path / name).write_text(text)


def test_where_no_group_can_be_made_there_is_none(tmp_path: Path) -> None:
    assert cgroups.make(V1, tmp_path) == ()
    assert cgroups.make("", tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_group_without_control_files_is_taken_away_again(tmp_path: Path) -> None:
    (tmp_path / "memory" / "mine").mkdir(parents=True)
    (tmp_path / "cgroup.subtree_control").write_text("")
    assert cgroups.make(V1, tmp_path) == ()
    assert list((tmp_path / "memory" / "mine").iterdir()) == []


def test_a_group_tells_what_was_met_in_either_version(tmp_path: Path) -> None:
    holds = frozenset({"memory", "processes"})
    group = cgroups.Group(tmp_path, Enforcement.CGROUP_V2, holds)
    fake_kernel(tmp_path, {"memory.events": "low 0\noom 1\noom_kill 0\n", "pids.events": "max 0\n"})
    assert group.hits() == frozenset()
    fake_kernel(tmp_path, {"memory.events": "low 0\noom_kill 2\n", "pids.events": "max 3\n"})
    assert group.hits() == holds
    (tmp_path / "memory.events").unlink()
    fake_kernel(tmp_path, {"memory.oom_control": "under_oom 0\noom_kill 1\n", "pids.events": "max 0\n"})
    assert group.hits() == frozenset({"memory"})


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    cgroups.Group(tmp_path / "gone", Enforcement.CGROUP_V1, frozenset()).remove()


def test_groups_of_a_killed_worker_are_swept_and_those_of_a_living_one_stay(tmp_path: Path) -> None:
    mine = tmp_path / "memory" / "mine"
    dead, living = mine / "spe-4194305-ab", mine / f"spe-{os.getpid()}-cd"
    dead.mkdir(parents=True)
    living.mkdir()
    cgroups.make(V1, tmp_path)
    assert list(mine.iterdir()) == [living]
