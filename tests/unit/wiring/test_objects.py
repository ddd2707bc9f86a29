"""Which store the settings name, what opens it, and what stops a start."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spe.adapters.object_folder import FolderStore
from spe.adapters.s3_calls import DENIED, UNREACHABLE, Failing
from spe.adapters.s3_store import S3Store
from spe.errors import Malformed, Unreachable
from spe.settings import Settings
from spe.wiring.doctor import _objects
from spe.wiring.objects import open_store
from tests.hostile_store import BUCKET, SECRET, error, hostile_store
from tests.services.s3_server import S3Server

SECRETS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": SECRET}


def settings(tmp_path: Path, **changed: Any) -> Settings:
    return replace(Settings(home=tmp_path / "home", objects_milliseconds=20_000), **changed)


def in_bucket(tmp_path: Path, endpoint: str, **changed: Any) -> Settings:
    return settings(tmp_path, objects=f"s3://{BUCKET}/a/b", objects_endpoint=endpoint, **changed)


def test_without_a_setting_it_is_the_folder_in_the_home(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path), {})
    assert isinstance(store, FolderStore)
    assert store.path("x") == tmp_path / "home" / "objects" / "x"
    assert "folder" in _objects(settings(tmp_path))


def test_a_folder_may_be_named_and_is_made_private(tmp_path: Path) -> None:
    store = open_store(settings(tmp_path, objects=f"file://{tmp_path}/else%20where"), {})
    assert store.put("a" * 64, [b"x"])
    assert (tmp_path / "else where").stat().st_mode & 0o777 == 0o700
    (tmp_path / "else where").chmod(0o755)
    with pytest.raises(Unreachable):
        open_store(settings(tmp_path, objects=f"file://{tmp_path}/else%20where"), {})


@pytest.mark.parametrize(
    "objects",
    [
        "objects", "/srv/objects", "file://host/objects", "file:objects", "file:///a/../b", "file:///a?b", "ftp://a/b",
        "s3://", "s3://B/x", "s3://a", "s3://bucket/../x", "s3://bucket/a b", "s3://bucket/x?y=z", "s3://bucket/x#y",
        "s3://user:secret@bucket/x", "s3://bucket/\u0430", "s3://[bucket", "s3://bucket//x//y", "s3://bucket/./x",
    ],
)  # fmt: skip
def test_what_is_no_store_stops_the_start_and_is_not_repeated(tmp_path: Path, objects: str) -> None:
    with pytest.raises(Malformed, match=r"^SPE_OBJECTS: ") as malformed:
        open_store(settings(tmp_path, objects=objects), SECRETS)
    assert "secret" not in str(malformed.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://s3.example.eu", "http://192.0.2.1", "http://127.0.0.1.example.eu", "http://localhost.example.eu",
        "ftp://127.0.0.1", "s3.example.eu", "https://", "https://user:secret@s3.example.eu", "https://s3.example.eu/x",
        "https://s3.example.eu:99999", "https://s3.example.eu?x", "https://s3.example.eu#x", "http://[::2]",
    ],
)  # fmt: skip
def test_a_store_elsewhere_is_spoken_to_by_https_only(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(Malformed, match=r"^SPE_OBJECTS_ENDPOINT: "):
        open_store(in_bucket(tmp_path, endpoint), SECRETS)


@pytest.mark.parametrize(
    "changed", [{"objects_region": "eu west"}, {"objects_region": "x.evil.example/"}, {"objects_region": ""}]
)
def test_a_region_that_is_none_can_change_no_address(tmp_path: Path, changed: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="SPE_OBJECTS_REGION"):
        open_store(in_bucket(tmp_path, "", **changed), SECRETS)


def test_without_secrets_nothing_is_asked_and_no_other_place_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id=x\naws_secret_access_key=y\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with hostile_store() as there:
        for secrets in ({}, {"AWS_ACCESS_KEY_ID": "x"}, {**SECRETS, "AWS_SECRET_ACCESS_KEY": ""}):
            with pytest.raises(Unreachable, match="AWS_"):
                open_store(in_bucket(tmp_path, f"http://127.0.0.1:{there.port}"), secrets)
        assert there.asked == []


def test_the_environment_leads_no_request_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile_store() as there, hostile_store() as elsewhere:
        url = f"http://127.0.0.1:{elsewhere.port}"
        (tmp_path / "config").write_text(f"[profile other]\nendpoint_url = {url}\nregion = xx\n")
        for name, value in {
            "HTTP_PROXY": url, "http_proxy": url, "ALL_PROXY": url, "AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_S3": url,
            "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "other", "AWS_USE_FIPS_ENDPOINT": "true",
            "AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_CA_BUNDLE": "/nowhere", "AWS_DATA_PATH": str(tmp_path),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        store = open_store(in_bucket(tmp_path, f"http://127.0.0.1:{there.port}"), SECRETS)
        assert store.put("a" * 64, [b"x"]) is True
        store.close()
        assert list(there.kept) == [f"/{BUCKET}/a/b/{'a' * 64}"]
        assert elsewhere.asked == []


def test_a_store_that_is_down_keeps_no_process_from_starting_and_the_doctor_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with hostile_store() as gone:
        pass
    chosen = in_bucket(tmp_path, f"http://127.0.0.1:{gone.port}")
    store = open_store(chosen, SECRETS)
    with pytest.raises(Failing, match=UNREACHABLE):
        store.probe()
    store.close()
    with pytest.raises(Failing, match=UNREACHABLE):
        _objects(chosen)
    with hostile_store(lambda *_: error(403, "AccessDenied")) as closed, pytest.raises(Failing, match=DENIED):
        _objects(in_bucket(tmp_path, f"http://127.0.0.1:{closed.port}"))


def test_the_doctor_says_what_a_bucket_can_do(
    tmp_path: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert _objects(in_bucket(tmp_path, s3.url)) == f"s3://{BUCKET}/a/b refuses a second put"
    with s3.client() as operator:
        assert "Contents" not in operator.list_objects_v2(Bucket=BUCKET, Prefix="a/b/")


def test_the_client_of_buckets_is_loaded_where_one_is_chosen_only() -> None:
    program = "import sys, spe.wiring.installation, spe.wiring.doctor; sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_a_bucket_is_a_store_of_its_own_kind(tmp_path: Path, s3: S3Server) -> None:
    store = open_store(in_bucket(tmp_path, s3.url), SECRETS)
    assert isinstance(store, S3Store)
    store.close()
