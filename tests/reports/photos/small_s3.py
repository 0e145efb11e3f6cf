"""A store that speaks enough of the S3 protocol for the tests: one bucket in memory, on the loopback address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class Bucket:
    """What the store holds: name -> (bytes, time of writing)."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}

    def make_old(self) -> None:
        """Let everything look as if it had been written two days ago."""
        for name, (body, written) in self.objects.items():
            self.objects[name] = (body, written - timedelta(days=2))


@contextmanager
def small_s3() -> Iterator[tuple[str, Bucket]]:
    """Serve a bucket; yields its endpoint and what it holds."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("BucketHandler", (_Handler,), {"bucket": bucket}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def _name(self) -> str:
        return unquote(urlsplit(self.path).path).lstrip("/").partition("/")[2]

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = b"".join(_chunks(body))
        self.bucket.objects[self._name()] = (body, datetime.now(UTC))
        self._answer(200, ETag='"x"')

    def do_GET(self) -> None:
        if not self._name():
            return self._list()
        return self._object()

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.bucket.objects.pop(self._name(), None)
        self._answer(204)

    def _object(self) -> None:
        if self._name() not in self.bucket.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", Content_Type="application/xml")
            return
        body, written = self.bucket.objects[self._name()]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", format_datetime(written, usegmt=True))
        self.send_header("ETag", '"x"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _list(self) -> None:
        prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
        folders, files = set(), []
        for name in sorted(self.bucket.objects):
            if name.startswith(prefix):
                inner, slash, _ = name[len(prefix) :].partition("/")
                folders.add(prefix + inner + slash) if slash else files.append(name)
        rows = "".join(f"<Contents><Key>{escape(name)}</Key></Contents>" for name in files)
        rows += "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders))
        body = f"<?xml version='1.0'?><ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        self._answer(200, body.encode(), Content_Type="application/xml")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _chunks(body: bytes) -> Iterator[bytes]:
    """The pieces of a body in AWS's chunked encoding: size in hex, the piece, again and again, a trailer."""
    while body:
        head, _, rest = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            return
        yield rest[:size]
        body = rest[size + 2 :]
