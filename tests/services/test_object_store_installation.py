"""A whole installation whose sealed objects are in a bucket: the way of one request, what its operator sees, and bad days."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spe.cohort.place import object_name
from spe.output.place import canonical_object
from spe.wiring.doctor import examine
from spe.wiring.home import Home
from spe.wiring.reconcile import reconcile
from tests.builders import MILANO, patients
from tests.cast import Cast
from tests.services.s3_server import BUCKET, SECRETS, S3Server
from tests.world import Refused, World, open_world

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]


@pytest.fixture
def world(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    prefix = secrets.token_hex(4)
    with open_world(
        tmp_path / "home",
        objects=f"s3://{BUCKET}/{prefix}",
        objects_endpoint=s3.url,
        objects_milliseconds=1500,
    ) as opened:
        yield opened


def label(world: World, name: str) -> str:
    prefix = world.settings.objects.rpartition("/")[2]
    return f"{prefix}/{Home(world.home).sealed(name).name}"


def ready(world: World) -> tuple[int, str]:
    answer = world.http.get("/readyz")
    return answer.status_code, answer.json()["parts"]["objects"]


def asked(world: World, path: str) -> Any:
    try:
        return Cast(world).checkers.first.get(path)
    except Refused as refusal:
        return refusal


def test_one_request_goes_its_whole_way_over_a_bucket(world: World, s3: S3Server) -> None:
    cast, table = Cast(world), patients()
    cast.given_data(table)
    permit = cast.given_permit(table)
    code = cast.given_code(permit)
    cast.researcher.opens(permit, MILANO)
    output = cast.given_run(permit, code)["therapy"]["id"]
    cast.given_approved(output)
    content = cast.checkers.first.get(f"/outputs/{output}/content")

    assert not list(Home(world.home).objects.glob("*"))
    key = f"{permit}.{MILANO.holder}"
    cohort = label(world, object_name(key, cast.cohort_rows(key)))
    canonical = label(world, canonical_object(output))
    with s3.client() as operator:
        kept = {one["Key"]: _body(operator, one["Key"]) for one in _all(operator, world)}
        assert {cohort, canonical} <= set(kept)
        for name, body in kept.items():
            assert body.startswith(b"SPESEAL\x01")
            assert content not in body
            assert not any(word in name for word in (permit, MILANO.holder, output, "cohort", "output"))
        _changed_objects_are_refused(world, operator, output, canonical, kept[canonical])
    _bad_days_are_survived(world, s3, output)

    (found,) = (finding for finding in examine(world.settings) if finding.part == "objects")
    assert (found.well, found.detail.endswith("refuses a second put")) == (True, True)

    release = cast.researcher.asks_release(permit, MILANO, output)
    assert cast.researcher.release(release)["status"] == "released"
    assert content in cast.researcher.downloads(release).values()

    cast.committee.tells(permit, "hear", "The applicant was heard.")
    cast.researcher.post(f"/permits/{permit}/reply", text="That is so.")
    cast.committee.tells(permit, "revoke", "The hearing found against it.")
    with s3.client() as operator:
        world.until(lambda: cohort not in {one["Key"] for one in _all(operator, world)})
    report = reconcile(world.settings, logged=False, clock=world.clock)
    assert [one for tally in report.tallies for one in tally.evidence] == []
    (openings,) = (tally for tally in report.tallies if tally.source == "openings")
    assert openings.matched > 3


def _changed_objects_are_refused(world: World, operator: Any, output: str, key: str, body: bytes) -> None:
    operator.put_object(Bucket=BUCKET, Key=key, Body=body[:-1] + bytes((body[-1] ^ 1,)))
    assert asked(world, f"/outputs/{output}/content").status == 422
    operator.delete_object(Bucket=BUCKET, Key=key)
    assert asked(world, f"/outputs/{output}/content").status == 404
    operator.put_object(Bucket=BUCKET, Key=key, Body=body)
    assert hashlib.sha256(asked(world, f"/outputs/{output}/content")).digest()


def _bad_days_are_survived(world: World, s3: S3Server, output: str) -> None:
    assert ready(world) == (200, "ok")
    with s3.halted():
        assert world.until(lambda: ready(world) == (503, "A needed part is unreachable"))
        began = time.monotonic()
        refusal = asked(world, f"/outputs/{output}/content")
        assert (refusal.status, "objects_late" in refusal.problem["detail"]) == (503, True)
        assert time.monotonic() - began < 6
        world.tick()
    assert world.until(lambda: ready(world) == (200, "ok"))
    assert isinstance(asked(world, f"/outputs/{output}/content"), bytes)


def _all(operator: Any, world: World) -> list[Any]:
    prefix = world.settings.objects.rpartition("/")[2] + "/"
    return list(operator.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", []))


def _body(operator: Any, key: str) -> bytes:
    return bytes(operator.get_object(Bucket=BUCKET, Key=key)["Body"].read())
