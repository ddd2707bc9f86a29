"""A small store that speaks S3 as far as we ask it to, and does with each request what a test's mood says instead."""

from __future__ import annotations

import hashlib
import re
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from spe.adapters.s3_calls import Calls, Place
from spe.adapters.s3_store import S3Store

SECRET = "not-a-secret-but-never-shown"
BUCKET = "sealed"
SCOPE = "permit/per-1"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_AGO = "2020-01-01T00:00:00.000Z"


@dataclass(slots=True)
class Answer:
    """What is sent back; `length` is what is said of the body where that is a lie."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def what(self) -> str:
        """Return the operation, by method and the query's names that matter."""
        marks = sorted(set(self.query) & {"uploads", "uploadId", "partNumber"})
        return " ".join([self.method, *marks])


Raw = Callable[[BaseHTTPRequestHandler], None]
Mood = Callable[[Asked, "HostileStore"], Answer | Raw | None]


@dataclass(slots=True)
class HostileStore:
    """What it keeps, what it was asked, and its mood: None is honest."""

    mood: Mood = lambda *_: None
    kept: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, tuple[str, dict[int, bytes]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    def honest(self, asked: Asked) -> Answer:
        """Do what an honest store does."""
        if asked.method == "POST":
            return self._posted(asked)
        if asked.method == "PUT":
            return self._put(asked)
        if asked.method == "DELETE":
            if "uploadId" in asked.query:
                self.uploads.pop(asked.query["uploadId"][0], None)
            else:
                self.kept.pop(asked.path, None)
            return Answer(204)
        if "uploads" in asked.query:
            return self.listing([(path, id_) for id_, (path, _) in self.uploads.items()])
        return self._got(asked)

    def listing(self, uploads: list[tuple[str, str]], *, more: bool = False) -> Answer:
        """Return a list of uploads that were begun long ago."""
        items = "".join(
            f"<Upload><Key>{path.removeprefix(f'/{BUCKET}/')}</Key><UploadId>{id_}</UploadId>"
            f"<Initiated>{_AGO}</Initiated></Upload>"
            for path, id_ in uploads
        )
        rest = f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
        return xml(f"<ListMultipartUploadsResult>{rest}{items}</ListMultipartUploadsResult>")

    def url(self, scheme: str = "http") -> str:
        """Return where it listens; a certificate is for the name."""
        return f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{self.port}"

    def count(self, what: str) -> int:
        """Return how often it was asked to do something."""
        return sum(one.what == what for one in self.asked)

    @contextmanager
    def store(
        self, patience: float = 30.0, prefix: str = "", scheme: str = "http", **more: object
    ) -> Iterator[S3Store]:
        """Open our side of it until the block ends."""
        trust = more.pop("trust", None)
        assert trust is None or isinstance(trust, ssl.SSLContext)
        place = Place(
            endpoint=urlsplit(self.url(scheme)),
            bucket=BUCKET,
            region="us-east-1",
            access_key="test",
            secret_key=SECRET,
            token=f"token-{SECRET}",
            patience=patience,
            trust=trust,
        )
        opened = S3Store(Calls(place), prefix, 5 << 20)
        try:
            yield opened
        finally:
            opened.close()

    def _put(self, asked: Asked) -> Answer:
        if "uploadId" in asked.query:
            upload = self.uploads.get(asked.query["uploadId"][0])
            if upload is None:
                return error(404, "NoSuchUpload")
            upload[1][int(asked.query["partNumber"][0])] = asked.body
            return Answer(headers={"ETag": tag(asked.body)})
        if asked.headers.get("if-none-match") == "*" and asked.path in self.kept:
            return error(412, "PreconditionFailed")
        self.kept[asked.path] = asked.body
        return Answer(headers={"ETag": tag(asked.body)})

    def _posted(self, asked: Asked) -> Answer:
        if "uploads" in asked.query:
            self.uploads[id_ := secrets.token_hex(8)] = (asked.path, {})
            return xml(
                f"<InitiateMultipartUploadResult><UploadId>{id_}</UploadId></InitiateMultipartUploadResult>"
            )
        upload = self.uploads.get(asked.query["uploadId"][0])
        if upload is None:
            return error(404, "NoSuchUpload")
        if asked.headers.get("if-none-match") == "*" and asked.path in self.kept:
            return error(412, "PreconditionFailed")
        del self.uploads[asked.query["uploadId"][0]]
        self.kept[asked.path] = b"".join(upload[1][number] for number in sorted(upload[1]))
        made = tag(self.kept[asked.path])
        return xml(f"<CompleteMultipartUploadResult><ETag>{made}</ETag></CompleteMultipartUploadResult>")

    def _got(self, asked: Asked) -> Answer:
        if asked.path == f"/{BUCKET}":
            return Answer()
        if asked.path not in self.kept:
            return error(404, "NoSuchKey")
        whole = self.kept[asked.path]
        if asked.headers.get("if-match", tag(whole)) != tag(whole):
            return error(412, "PreconditionFailed")
        headers = {"ETag": tag(whole), "Last-Modified": "Wed, 25 Nov 2026 00:00:00 GMT"}
        if asked.method == "HEAD":
            return Answer(headers=headers, length=len(whole))
        return piece(whole, asked, headers)


def piece(whole: bytes, asked: Asked, headers: dict[str, str] | None = None) -> Answer:
    """Return the range that was asked for, of other bytes where a mood wants that."""
    match = _RANGE.fullmatch(asked.headers["range"])
    assert match is not None
    start, end = int(match[1]), min(int(match[2]) + 1, len(whole))
    ranged = {"Content-Range": f"bytes {start}-{end - 1}/{len(whole)}"}
    return Answer(206, whole[start:end], {"ETag": tag(whole)} | (headers or {}) | ranged)


def raw(data: bytes, *, stay: float = 0.0, drip: float = 0.0) -> Raw:
    """Send bytes as they are, all at once or by the byte, and hang up after a while."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for part in [data[at : at + 1] for at in range(len(data))] if drip else [data]:
            handler.wfile.write(part)
            time.sleep(drip)
        time.sleep(stay)

    return answer


def tag(body: bytes) -> str:
    """Return an entity tag."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def xml(text: str, status: int = 200) -> Answer:
    """Return an answer of XML."""
    return Answer(status, f"<?xml version='1.0'?>{text}".encode(), {"Content-Type": "application/xml"})


def error(status: int, code: str) -> Answer:
    """Return a refusal."""
    return xml(f"<Error><Code>{code}</Code><Message>m</Message></Error>", status)


class Server(ThreadingHTTPServer):
    """Listens for a store; whoever hangs up on it does well."""

    daemon_threads = True

    def __init__(self, store: HostileStore) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = store

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the store's mood, and where that is honest to the store."""

    protocol_version = "HTTP/1.1"
    server: Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._do
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, url.path, parse_qs(url.query, keep_blank_values=True), headers, body)
        store = self.server.store
        store.asked.append(asked)
        answer = store.mood(asked, store) or store.honest(asked)
        if isinstance(answer, Answer):
            self._say(answer)
        else:
            self.close_connection = True
            answer(self)

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        length = len(answer.body) if answer.length is None else answer.length
        if answer.status != 204:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD" and answer.status != 204:
            self.wfile.write(answer.body)
            self.close_connection = length != len(answer.body)


@contextmanager
def hostile_store(mood: Mood = lambda *_: None, tls: ssl.SSLContext | None = None) -> Iterator[HostileStore]:
    """Run the store on loopback until the block ends."""
    store = HostileStore(mood)
    server = Server(store)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
