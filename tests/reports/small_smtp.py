"""A mail server for tests: takes letters over a real socket, and misbehaves as it is told."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmallSmtp:
    """`letters`: what was taken. `say`: what it answers to a command (`{"RCPT": "550 5.1.1 no such mailbox"}`).

    `hang_after_data`: takes the letter and never says so. `slow_s`: seconds before it says so. `taken` is set when one is there.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.say: dict[str, str] = {}
        self.hang_after_data = False
        self.drop_after_data = False
        self.slow_s = 0.0
        self.taken = threading.Event()
        self._over = threading.Event()
        outer = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._talk(self.rfile, self.wfile)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Talk)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, reading, writing) -> None:
        def say(line: str) -> None:
            writing.write(line.encode() + b"\r\n")

        say(self.say.get("CONNECT", "220 small.test"))
        while line := reading.readline():
            verb = line.split(None, 1)[0].decode().upper().partition(":")[0]
            if verb in self.say and verb != "DATA":
                say(self.say[verb])
            elif verb in ("EHLO", "HELO"):
                say("250 small.test")
            elif verb == "DATA":
                say("354 go on")
                self._take(reading)
                if self.hang_after_data:
                    self._over.wait(60)
                    return
                if self.drop_after_data:
                    return
                self._over.wait(self.slow_s)
                say(self.say.get("DATA", "250 taken"))
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                if verb == "RCPT":
                    self.recipients.append(line.decode().split("<")[1].split(">")[0])
                say("250 ok")

    def _take(self, reading) -> None:
        lines = []
        while (line := reading.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if not self.say.get("DATA", "2").startswith(("4", "5")):
            self.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self.taken.set()
