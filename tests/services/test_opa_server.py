from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.services.opa_server import opa_server

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]


def test_a_real_server_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    with opa_server(tmp_path) as server:
        assert server.get("/health")[0] == 200
        os.kill(server.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_a_server_that_does_not_start_is_said_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="nothing"),
        opa_server(tmp_path, "--bundle", tmp_path / "nothing.tar.gz"),
    ):
        pass
