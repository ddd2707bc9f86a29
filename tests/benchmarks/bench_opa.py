"""Our decision path at an OPA server (build the question, ask, judge the answer) beside what others need for the same questions.

Run `python -m tests.benchmarks.bench_opa [rounds]`; OPA must be built (`make tools`). In every round each arm asks the good question of
every gate once; the arms go there and back. First all arms must give the same decisions. The arms: ours; a bare `opa-python-client`,
synchronous and asynchronous, given the finished document; `http.client`; a raw socket; a verdict shown again within its second.
Reported are each arm's p50 and p99 over all questions and the ratio to the bare client, what OPA itself says that its handler took,
and what a hundred questions in one exchange take, at OPA and of the embedded engine, of one question's p50.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

from opa_client.opa import OpaClient
from opa_client.opa_async import AsyncOpaClient

from spe.adapters.policy_point import PolicyPoint, embedded_point, rules
from spe.adapters.policy_previews import Previews
from spe.policy.document import document
from spe.wiring.policies import decision_point
from tests.services.opa_point import settings_at
from tests.services.opa_server import deciding_server
from tests.unit.policy.good_questions import GOOD

_PATH = "/v1/data/spe/main/decision"
_ROUNDS = 60
Ask = Callable[[str], bool]


def main(rounds: int) -> None:
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        port = closing.enter_context(deciding_server(folder)).port
        arms = _arms(port, closing)
        for name, ask in arms.items():
            assert all(ask(gate) for gate in GOOD), name
        taken = _measured(arms, rounds)
        _tell(taken)
        print(f"OPA's own handler: {_handler(port):.2f} ms")
        _batches("OPA", decision_point(settings_at(port)), rounds)
    _batches("the embedded engine", embedded_point(deadline=60.0), max(3, rounds // 10))


def _arms(port: int, closing: ExitStack) -> dict[str, Ask]:
    point = decision_point(settings_at(port))
    closing.callback(point.close)
    bare = OpaClient(host="127.0.0.1", port=port)
    closing.callback(bare.close_connection)
    plain = http.client.HTTPConnection("127.0.0.1", port)
    closing.callback(plain.close)
    raw = closing.enter_context(socket.create_connection(("127.0.0.1", port)))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    documents = {gate: document(question) for gate, question in GOOD.items()}
    bodies = {gate: json.dumps({"input": one}).encode() for gate, one in documents.items()}
    return {
        "ours": lambda gate: point.ask(GOOD[gate]).allow,
        "bare client": lambda gate: _allows(bare.query_rule(documents[gate], "spe.main", "decision")),
        "asynchronous client": _asynchronous(port, documents, closing),
        "http.client": lambda gate: _over_http(plain, bodies[gate]),
        "raw socket": lambda gate: _over_socket(raw, bodies[gate]),
        "shown again": _shown_again(port, closing),
    }


def _shown_again(port: int, closing: ExitStack) -> Ask:
    settings = settings_at(port)
    asked = decision_point(settings)
    closing.callback(asked.close)
    kept = Previews(seconds=3600.0)
    for question in GOOD.values():
        kept.keep(question, asked.ask(question))
    point = PolicyPoint(_Nobody(), rules(settings.policies)[1], kept)
    # Equal questions, but others: as a page asks that was built anew.
    again = {gate: deepcopy(question) for gate, question in GOOD.items()}
    return lambda gate: point.preview((again[gate],))[0].allow


class _Nobody:
    """An engine that must not be asked."""

    def ask_each(self, documents: Sequence[Mapping[str, Any]]) -> list[bytes]:
        raise AssertionError(f"{len(documents)} questions were asked though they were kept")

    def close(self) -> None:
        pass


def _batches(name: str, point: PolicyPoint, rounds: int) -> None:
    """Tell what a hundred questions in one exchange take, as ratios to one question, each alternating with the other."""
    kinds = {"every gate in turn": [*GOOD.values()] * 4, "one gate, record.read": [GOOD["record.read"]] * 100}
    for kind, questions in kinds.items():
        whole = questions[:100]
        alone: list[float] = []
        together: list[float] = []
        for _ in range(rounds):
            began = time.perf_counter()
            assert all(verdict.allow for verdict in point.ask_each(whole))
            together.append((time.perf_counter() - began) * 1000)
            for question in dict.fromkeys(whole):
                began = time.perf_counter()
                assert point.ask(question).allow
                alone.append((time.perf_counter() - began) * 1000)
        ratio = _at(together, 0.5) / _at(alone, 0.5)
        print(f"{name}, 100 questions, {kind}: {_at(together, 0.5):.1f} ms, {ratio:.1f} x one")
    point.close()


def _asynchronous(port: int, documents: Mapping[str, Any], closing: ExitStack) -> Ask:
    runner = closing.enter_context(asyncio.Runner())
    client = AsyncOpaClient(host="127.0.0.1", port=port)
    runner.run(client.__aenter__())
    closing.callback(lambda: runner.run(client.close_connection()))
    return lambda gate: _allows(runner.run(client.query_rule(documents[gate], "spe.main", "decision")))


def _over_http(connection: http.client.HTTPConnection, body: bytes) -> bool:
    connection.request("POST", _PATH, body, {"Content-Type": "application/json"})
    return _allows(json.loads(connection.getresponse().read()))


def _over_socket(line: socket.socket, body: bytes) -> bool:
    head = f"POST {_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    line.sendall(head.encode() + body)
    got = line.recv(65536)
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head_got, _, answer = got.partition(b"\r\n\r\n")
    length = int(head_got.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(answer) < length:
        answer += line.recv(65536)
    return _allows(json.loads(answer))


def _allows(answer: Any) -> bool:
    return answer["result"]["allow"] is True


def _measured(arms: Mapping[str, Ask], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in arms}
    for at in range(rounds):
        for name in list(arms) if at % 2 == 0 else reversed(list(arms)):
            for gate in GOOD:
                began = time.perf_counter()
                arms[name](gate)
                taken[name].append((time.perf_counter() - began) * 1000)
    return taken


def _tell(taken: Mapping[str, list[float]]) -> None:
    half, most = ({name: _at(values, share) for name, values in taken.items()} for share in (0.5, 0.99))
    base = "bare client"
    for name in taken:
        ratios = f"{half[name] / half[base]:.2f} and {most[name] / most[base]:.2f} x the {base}"
        print(f"{name}: p50 {half[name]:.2f} ms, p99 {most[name]:.2f} ms, {ratios}")
    print(f"ours to the raw socket: {half['ours'] / half['raw socket']:.2f} x at p50")


def _at(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def _handler(port: int) -> float:
    """Return the mean time in milliseconds that OPA says it took to handle a question, parsing and writing included."""
    client = OpaClient(host="127.0.0.1", port=port)
    took: list[float] = []
    for gate, question in GOOD.items():
        answer = client.query_rule(document(question), "spe.main", "decision", {"metrics": "true"})
        assert _allows(answer), gate
        took.append(float(answer["metrics"]["timer_server_handler_ns"]) / 1e6)
    client.close_connection()
    return sum(took) / len(took)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS)
