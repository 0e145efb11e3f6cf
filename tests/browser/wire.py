"""The network between the phone and the site, as a socket that a test may cut, mute, or make lose an answer on its way back."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

METHODS = re.compile(rb"(?:GET|POST|PUT|HEAD|OPTIONS|DELETE) ([^ ?]+)[^ ]* HTTP/1\.1\r\n")


class Wire:
    """Carries connections on a port of its own to the site's. `asked`: what went through, as "POST /api/v1/reports/"."""

    def __init__(self, host: str, port: int) -> None:
        self.upstream = (host, port)
        self.listener = self._listen(0)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.asked: list[str] = []
        self.sent = b""  # everything that the phone sent
        self.lost = ""  # answers to requests that begin so never arrive, though the site has done what was asked
        self.muted = False  # nothing arrives, and nobody says so
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        self._serve()

    # --- what a test does ---------------------------------------------------------------------
    def cut(self) -> None:
        """No network, or no server: new connections are refused, open ones break."""
        listener, self.listener = self.listener, None
        if listener:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.break_all()

    def mend(self) -> None:
        """The network is back, and everything passes."""
        self.lost, self.muted = "", False
        self.break_all()  # what hung stays lost
        if self.listener is None:
            self.listener = self._listen(self.port)
            self._serve()

    def lose_answers_to(self, request: str) -> None:
        self.lost = request

    def mute(self) -> None:
        self.muted = True
        self.break_all()

    def count(self, request: str) -> int:
        return sum(line.startswith(request) for line in self.asked)

    # --- how --------------------------------------------------------------------------------------
    def break_all(self) -> None:
        with self.lock:
            for end in self.open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _listen(port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        return listener

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                phone, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(phone,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        try:
            site = socket.create_connection(self.upstream)
        except OSError:
            phone.close()
            return
        ends = {phone, site}
        with self.lock:
            self.open |= ends
        going = {"request": ""}
        back = threading.Thread(target=self._carry_back, args=(site, phone, going), daemon=True)
        back.start()
        with suppress(OSError):
            while part := phone.recv(65536):
                for head in METHODS.finditer(part):
                    going["request"] = f"{head[0].split(b' ')[0].decode()} {head[1].decode()}"
                    self.asked.append(going["request"])
                self.sent += part
                if not self.muted:
                    site.sendall(part)
        self._end(ends)
        back.join()

    def _carry_back(self, site: socket.socket, phone: socket.socket, going: dict[str, str]) -> None:
        with suppress(OSError):
            while part := site.recv(65536):
                if self.lost and going["request"].startswith(self.lost):
                    break
                if not self.muted:
                    phone.sendall(part)
        self._end({site, phone})

    def _end(self, ends: set[socket.socket]) -> None:
        with self.lock:
            self.open -= ends
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
