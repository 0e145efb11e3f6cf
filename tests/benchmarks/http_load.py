"""A bounded load of HTTP requests over loopback: one thread, a fixed number of connections, each request on its own.

The synchronous server closes every connection, so each request opens one, as phones do. It costs about 0.1 ms of one
core per request, which both sides of a comparison bear alike.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What became of a load. `latencies`: seconds from connect to the end of the answer, in order of completion."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    first_unexpected: bytes = b""

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


def post(host: str, path: str, body: bytes) -> bytes:
    """The bytes of a POST request."""
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


class _Exchange:
    """One request on its way."""

    __slots__ = ("answer", "begun", "request", "socket")

    def __init__(self, port: int, request: bytes) -> None:
        self.request, self.answer, self.begun = request, b"", time.perf_counter()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.sendall(request)
        self.socket.setblocking(False)


def send(port: int, requests: Iterator[bytes], seconds: float, connections: int = 16, expected: int = 201) -> Outcome:
    """Send requests, `connections` at a time, for that many seconds; those on their way then are still waited for."""
    outcome, selector = Outcome(), selectors.DefaultSelector()
    begun = time.perf_counter()

    def begin() -> None:
        exchange = _Exchange(port, next(requests))
        selector.register(exchange.socket, selectors.EVENT_READ, exchange)

    for _ in range(connections):
        begin()
    running = connections
    while running:
        for key, _events in selector.select(timeout=30):
            exchange: _Exchange = key.data
            part = exchange.socket.recv(65536)
            exchange.answer += part
            if part:
                continue
            selector.unregister(exchange.socket)
            exchange.socket.close()
            now = time.perf_counter()
            status = int(exchange.answer[9:12] or 0)
            outcome.statuses[status] += 1
            if status == expected:
                outcome.latencies.append(now - exchange.begun)
            elif not outcome.first_unexpected:
                outcome.first_unexpected = exchange.answer[-400:]
            if now - begun < seconds:
                begin()
            else:
                running -= 1
    outcome.seconds = time.perf_counter() - begun
    return outcome
