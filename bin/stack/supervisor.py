"""Keeps the processes of the site alive: starts them, starts them again when they die, writes their logs, stops them.

One thread, one loop over pipes, signals and the clock. Each process is the leader of its own session, so the terminal's
Ctrl-C reaches only the supervisor and what a dead leader leaves behind can be ended with its group. Should the
supervisor itself be killed, the kernel sends SIGTERM to its children.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from stack.folders import ROOT, Folders
from stack.ours import MARK
from stack.postgres import Cluster
from stack.rotating_log import RotatingLog
from stack.sentences import say
from stack.services import Service

FIRST_WAIT = 0.5  # seconds before the first restart; doubles up to the longest
LONGEST_WAIT = 30.0
STEADY = 60.0  # who lived this long starts from the first wait again

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def die_with_parent() -> None:
    """To be called in a child: the kernel sends it SIGTERM when its parent is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Makes this process the parent of orphaned descendants, so that a killed database does not stay a zombie."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@dataclass
class Wait:
    """When to try again, and how long to wait the next time."""

    due: float = 0.0
    seconds: float = FIRST_WAIT

    def failed(self, lived: float) -> float:
        """Notes a death after `lived` seconds; returns the seconds until the next start."""
        if lived > STEADY:
            self.seconds = FIRST_WAIT
        wait, self.seconds = self.seconds, min(self.seconds * 2, LONGEST_WAIT)
        self.due = time.monotonic() + wait
        return wait


class Child:
    """One service, its process while there is one, its log, and its pid file for whoever looks."""

    def __init__(self, service: Service, folders: Folders) -> None:
        self.service = service
        self.log = RotatingLog(folders.logs / f"{service.name}.log")
        self.pid_file = folders.run / f"{service.name}.pid"
        self.mark = folders.hash
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.wait = Wait()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.service.command,
            env=self.service.environment | {MARK: self.mark},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.started = time.monotonic()
        self.pid_file.write_text(f"{self.process.pid}\n")

    def copy_output(self) -> bool:
        """Moves what the process has printed into its log; False when it will never print again."""
        if self.process is None or self.process.stdout is None:
            return False
        try:
            while chunk := os.read(self.process.stdout.fileno(), 65536):
                self.log.write(chunk)
        except BlockingIOError:
            return True
        return False

    def send(self, what: signal.Signals) -> None:
        """Signals the leader; SIGKILL goes to its whole group."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            (os.killpg if what == signal.SIGKILL else os.kill)(self.process.pid, what)

    def dead(self) -> bool:
        """Whether the process has ended; it stays a zombie, so its id and its group cannot become somebody else's."""
        return self.process is not None and _ended(self.process.pid)

    def bury(self) -> int:
        """Ends what is left of the dead process's group, closes its pipe and returns its exit code."""
        assert self.process is not None and self.process.stdout is not None
        self.copy_output()
        self.send(signal.SIGKILL)
        code = self.process.wait()
        self.process.stdout.close()
        self.process = None
        self.pid_file.unlink(missing_ok=True)
        return code


def _ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Supervisor:
    """Runs `services`, and watches `database` when it is a private one."""

    def __init__(self, folders: Folders, services: Sequence[Service], database: Cluster | None) -> None:
        self.children = [Child(service, folders) for service in services]
        self.database = database
        self.database_start: subprocess.Popen[bytes] | None = None
        self.database_wait = Wait()
        self.signals: list[float] = []  # when we were asked to stop
        self.selector = selectors.DefaultSelector()
        self.wake_read, self.wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.selector.register(self.wake_read, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda *_: self.signals.append(time.monotonic()))
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop

    @property
    def asked_to_stop(self) -> bool:
        return bool(self.signals)

    def start(self, *names: str) -> None:
        """Starts the named services, or all that do not run yet."""
        for child in self.children:
            if child.process is None and (not names or child.service.name in names):
                self._start(child)

    def run(self, until: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Supervises until `until()`; False when asked to stop or when the seconds have passed before."""
        end = time.monotonic() + seconds
        while not self.asked_to_stop:
            if until():
                return True
            if time.monotonic() > end:
                return False
            self._turn()
        return False

    def stop(self) -> None:
        """Ends every service: politely, then by force; those that the others need come last."""
        for foundation in (False, True):
            self._stop([child for child in self.children if child.service.foundation is foundation])
        if self.database_start:
            self.database_start.wait()

    # --- one turn of the loop ---------------------------------------------------------------------
    def _turn(self, longest: float = 0.5) -> None:
        for key, _ in self.selector.select(longest):
            if key.data is None:
                os.read(self.wake_read, 4096)
            elif not key.data.copy_output():
                self.selector.unregister(key.fileobj)  # a closed pipe would wake the loop for ever
        if self.asked_to_stop:
            return
        now = time.monotonic()
        for child in self.children:
            if child.dead():
                self._died(child)
            elif child.process is None and child.wait.due and now >= child.wait.due:
                self._start(child)
        self._watch_database()
        self._reap_orphans()

    def _start(self, child: Child) -> None:
        child.wait.due = 0.0
        child.start()
        assert child.process is not None and child.process.stdout is not None
        self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _died(self, child: Child) -> None:
        assert child.process is not None
        self._forget(child)
        code, lived = child.bury(), time.monotonic() - child.started
        wait = child.wait.failed(lived)
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        say(f"{_clock()} {child.service.name} {how}; starting it again in {wait:.1f} s (log: {child.log.path})")

    def _forget(self, child: Child) -> None:
        assert child.process is not None
        with suppress(KeyError):
            self.selector.unregister(child.process.stdout)  # type: ignore[arg-type]

    def _watch_database(self) -> None:
        if self.database is None:
            return
        if self.database_start is not None:
            if not _ended(self.database_start.pid):
                return
            code, self.database_start = self.database_start.wait(), None
            if code == 0:
                self.database_wait = Wait()
                say(f"{_clock()} the database runs again")
            else:
                wait = self.database_wait.failed(0)
                say(
                    f"{_clock()} the database does not start; trying again in {wait:.1f} s (log: {self.database.data}/server.log)"
                )
        elif time.monotonic() >= self.database_wait.due and not self.database.running():
            say(f"{_clock()} the database has gone; starting it again")
            quiet = subprocess.DEVNULL
            self.database_start = subprocess.Popen(
                self.database.start_command(), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
            )

    def _reap_orphans(self) -> None:
        known = {child.process.pid for child in self.children if child.process}
        if self.database_start:
            known.add(self.database_start.pid)
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in known:
                return
            os.waitpid(ended.si_pid, 0)

    # --- stopping ---------------------------------------------------------------------------------
    def _stop(self, children: list[Child]) -> None:
        living = [child for child in children if child.process]
        asked = time.monotonic()
        for child in living:
            child.send(signal.SIGTERM)
        while living:
            self._turn(0.1)
            # Ctrl-C reaches us twice when a terminal and a wrapper both pass it on; a second one later means: hurry.
            hurry = bool(self.signals) and self.signals[-1] > self.signals[0] + 1 and self.signals[-1] > asked
            for child in list(living):
                if child.dead():
                    self._forget(child)
                    child.bury()
                    living.remove(child)
                elif hurry or time.monotonic() > asked + child.service.patience:
                    child.send(signal.SIGKILL)


def _clock() -> str:
    return time.strftime("%H:%M:%S")
