from __future__ import annotations

import errno
from pathlib import Path

import pytest

from spe.adapters.sandbox.diagnosis import explain


@pytest.mark.parametrize(
    ("switch", "value", "remedy"),
    [
        ("sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces="),
        (
            "sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_each_switch_of_the_kernel_has_its_remedy(
    tmp_path: Path, switch: str, value: str, remedy: str
) -> None:
    file = tmp_path / switch
    file.parent.mkdir(parents=True)
    file.write_text(value + "\n")
    assert remedy in explain("namespaces", errno.EPERM, "unshare: Operation not permitted", tmp_path)


def test_a_container_is_named_where_no_switch_is_off(tmp_path: Path) -> None:
    assert "seccomp=unconfined" in explain("namespaces", errno.EPERM, "unshare", tmp_path)
    assert "seccomp=unconfined" in explain("bubblewrap", None, "bwrap: Operation not permitted", tmp_path)


def test_a_used_up_limit_and_an_unknown_cause_are_told_apart(tmp_path: Path) -> None:
    assert "max_user_namespaces" in explain("namespaces", errno.ENOSPC, "unshare", tmp_path)
    assert explain("folders", errno.ENOMEM, "no memory", tmp_path).endswith("failed [no memory]")


def test_a_missing_program_is_to_be_installed(tmp_path: Path) -> None:
    assert "apt-get install bubblewrap" in explain("bubblewrap-missing", None, "", tmp_path)
