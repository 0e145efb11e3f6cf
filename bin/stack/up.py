"""`bin/up`: prepares the site, starts its processes and keeps them running until it is asked to stop."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from stack import ai, https, services
from stack.broker import Broker
from stack.database_use import in_use
from stack.environment import Choices, site_environment
from stack.folders import ROOT, Folders
from stack.frontend import build_frontend
from stack.ours import end
from stack.postgres import Cluster
from stack.sentences import CannotGoOn, run_command, say
from stack.services import Service
from stack.supervisor import Supervisor, adopt_orphans
from stack.translations import compile_translations

READY_SECONDS = 120  # a slow machine takes half a minute


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    folders = Folders.of_checkout().make()
    if options.stop:
        return stop(folders)
    lock = _lock(folders)
    if lock is None:
        return _already_running(folders)
    choices = _choices(options, folders)
    if options.background:
        return _in_background(folders, choices, options.demo)
    return serve(folders, choices, options.demo)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/up", description="Installs what is missing, starts City Lab and keeps it running until Ctrl-C."
    )
    parser.add_argument("--demo", action="store_true", help="add labelled demonstration data")
    parser.add_argument("--stop", action="store_true", help="stop what bin/up started, and nothing else")
    parser.add_argument("--background", action="store_true", help="return once the site answers; bin/up --stop ends it")
    parser.add_argument("--port", type=int, metavar="N", help="serve on this port of localhost (8000)")
    parser.add_argument("--city", metavar="PACK", help="the city pack, a folder in citylab/cities/ (danang)")
    parser.add_argument("--domain", metavar="NAME", help="serve https://NAME through Caddy")
    options = parser.parse_args(arguments)
    if options.port is not None and not 0 < options.port < 65536:
        raise CannotGoOn(f"there is no port {options.port}. Choose one between 1024 and 65535: bin/up --port 8001")
    return options


def _lock(folders: Folders) -> int | None:
    """The lock of the one supervisor of this installation; None when another process holds it."""
    lock = os.open(folders.run / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    (folders.run / "up.pid").write_text(f"{os.getpid()}\n")
    return lock


def _choices(options: argparse.Namespace, folders: Folders) -> Choices:
    last = Choices.last(folders)
    city = options.city or os.environ.get("CITYLAB_CITY") or last.city
    if city != last.city and (folders.local / "choices.json").exists():
        raise CannotGoOn(
            f"this installation holds the data of {last.city}. "
            f"Give {city} a place of its own: CITYLAB_STATE=/var/lib/citylab-{city} bin/up --city {city}"
        )
    if not (ROOT / "citylab" / "cities" / city).is_dir() and not Path(city).is_dir():
        raise CannotGoOn(f"there is no city pack {city}. See which there are: ls citylab/cities")
    os.environ["CITYLAB_CITY"] = city
    return Choices(city=city, port=options.port or 8000, domain=options.domain or "")


def _already_running(folders: Folders) -> int:
    try:
        state = json.loads((folders.run / "up.json").read_text())
        say(f"City Lab already runs (process {state['pid']}). Stop it with: bin/up --stop\n" + state["addresses"])
    except (OSError, ValueError, KeyError):
        say("City Lab is being started by another bin/up.")
    return 0


# --- serving ------------------------------------------------------------------------------------------
def serve(folders: Folders, choices: Choices, demo: bool, ready: int | None = None) -> int:
    """Prepares, starts and supervises; `ready` is a pipe into which one byte is written when the site answers."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)  # until the supervisor takes over: unwind and clean up
    (folders.run / "up.pid").write_text(f"{os.getpid()}\n")  # again: in the background it is the child's
    began = time.monotonic()
    adopt_orphans()
    if left := end(folders.hash):
        say(f"Ended {left} processes that an earlier run had left behind")
    _check_port(choices.port)
    if choices.domain:
        https.check_ports()
    with ExitStack() as stack:
        cluster = None
        if "DATABASE_URL" not in os.environ:
            say("Starting the database")
            cluster = stack.enter_context(in_use(Cluster(folders)))
        stack.callback(_ignore_signals)  # from here on, what has been started is also stopped
        broker = Broker(folders)
        environment = _environment(folders, choices, cluster, broker)
        choices.keep(folders)
        compile_translations()
        build_frontend(folders)
        say("Preparing the site")
        found = run_site_steps(environment, "--demo" if demo else "")
        supervisor = Supervisor(folders, _services(folders, choices, environment, broker), cluster)
        stack.callback(supervisor.stop)
        say("Starting the site")
        supervisor.start(*(name for name in ("broker", "web", "caddy")))
        if not supervisor.run(lambda: _answers(choices), READY_SECONDS):
            if supervisor.asked_to_stop:
                return 130
            tail = next(child for child in supervisor.children if child.service.name == "web").log.tail()
            raise CannotGoOn(
                f"the site does not answer after {READY_SECONDS} s. The end of {folders.logs}/web.log:\n{tail}"
            )
        supervisor.start()
        _announce(folders, choices, json.loads(found), time.monotonic() - began, background=ready is not None)
        if ready is not None:
            _leave_terminal(folders, ready)
        supervisor.run(lambda: False)
        say("Stopping")
    (folders.run / "up.json").unlink(missing_ok=True)
    say("Stopped")
    return 0


def _ignore_signals() -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)


def _check_port(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((_bind_address(), port))
        except OSError:
            raise CannotGoOn(
                f"port {port} is taken by another program. Choose another: bin/up --port {port + 1}"
            ) from None


def _bind_address() -> str:
    """This machine only, unless CITYLAB_BIND says otherwise; the outside world comes in through --domain."""
    return os.environ.get("CITYLAB_BIND", "127.0.0.1")


def _environment(folders: Folders, choices: Choices, cluster: Cluster | None, broker: Broker) -> dict[str, str]:
    return site_environment(
        folders,
        choices,
        database=cluster.url("citylab_app") if cluster else "",
        owner_database=cluster.url("citylab_owner") if cluster else "",
        broker=broker.url,
        programs=cluster.programs if cluster else None,
    )


def run_site_steps(environment: dict[str, str], *arguments: str) -> str:
    """Migrations, city pack, static files; returns the JSON that they print."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "stack.site_steps", *filter(None, arguments)],
        env=environment | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "bin")])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise CannotGoOn("the site could not be prepared; the lines above say why. Try by hand: bin/manage migrate")
    return done.stdout.strip()


def _services(folders: Folders, choices: Choices, environment: dict[str, str], broker: Broker) -> list[Service]:
    upstream = f"{_bind_address()}:{choices.port}"
    found = [
        Service("web", services.web(upstream), environment, patience=20),
        Service("worker", services.worker(), environment, patience=30),  # a task that is cut off runs again
        Service("relay", services.relay(), environment),
        Service("beat", services.beat(folders.local / "beat-schedule"), environment),
    ]
    if ai.wanted():
        bin_first = {"PYTHONPATH": str(ROOT / "bin")}
        found.append(Service("ai", [sys.executable, "-P", "-m", "stack.ai"], environment | bin_first, patience=30))
    if "CELERY_BROKER_URL" not in os.environ:
        found.insert(0, Service("broker", broker.command(), dict(os.environ), foundation=True))
    if choices.domain:
        found.append(https.https_service(folders, choices.domain, upstream))
    return found


def _answers(choices: Choices) -> bool:
    headers = {"Host": choices.domain or "localhost", "X-Forwarded-Proto": "https" if choices.domain else "http"}
    request = urllib.request.Request(f"http://{_bind_address()}:{choices.port}/readyz", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _announce(folders: Folders, choices: Choices, site: dict[str, str], seconds: float, background: bool) -> None:
    address = choices.site_url
    lines = [
        f"  for residents  {address}/",
        f"  for staff      {address}{site['staff']}",
        f"  logs           {folders.logs}",
    ]
    if choices.domain and https.is_internal(choices.domain):
        lines.append(f"  certificate    {https.root_certificate(folders)} (install it on the phone that tests)")
    addresses = "\n".join(lines)
    (folders.run / "up.json").write_text(json.dumps({"pid": os.getpid(), "addresses": addresses}))
    say(f"City Lab runs, ready after {seconds:.0f} s.\n{addresses}")
    if site["first_administrator"]:
        say(f"There is no administrator yet. This link makes the first one, once:\n  {site['first_administrator']}")
    say("Stop it with bin/up --stop" + ("." if background else " or Ctrl-C."))


# --- background -----------------------------------------------------------------------------------------
def _in_background(folders: Folders, choices: Choices, demo: bool) -> int:
    """Serves in a child of its own session and returns when that answers, or has failed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        try:
            if os.read(reading, 1):
                return 0
        except KeyboardInterrupt:
            os.kill(child, signal.SIGINT)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or 1
    os.close(reading)
    os.setsid()
    os.set_inheritable(writing, False)
    try:
        return serve(folders, choices, demo, ready=writing)
    finally:
        sys.stdout.flush()


def _leave_terminal(folders: Folders, ready: int) -> None:
    """From now on our lines go to log/up.log; the waiting parent returns."""
    log = os.open(folders.logs / "up.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    quiet = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, quiet), (1, log), (2, log)):
        os.dup2(source, target)
    os.close(log)
    os.close(quiet)
    os.write(ready, b".")
    os.close(ready)


# --- stopping -------------------------------------------------------------------------------------------
def stop(folders: Folders) -> int:
    """Ends the supervisor, or what is left of it after a kill -9, and the private database unless a command uses it."""
    lock = _lock(folders)
    stopped = 0
    if lock is None:
        _end_supervisor(folders)
        stopped += 1
    stopped += end(folders.hash)
    (folders.run / "up.json").unlink(missing_ok=True)
    if "DATABASE_URL" not in os.environ:
        stopped += _stop_database(folders)
    say("City Lab is stopped." if stopped else "City Lab was not running.")
    return 0


def _end_supervisor(folders: Folders) -> None:
    """SIGTERM to whoever holds the lock (it wrote its process id), SIGKILL when it has not let go in two minutes."""
    told, deadline = 0, time.monotonic() + 120
    while _lock(folders) is None:
        holder = int((folders.run / "up.pid").read_text())
        late = time.monotonic() > deadline
        if holder != told or late:
            told = holder
            os.kill(holder, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.1)


def _stop_database(folders: Folders) -> int:
    try:
        cluster = Cluster(folders)
    except CannotGoOn:  # no PostgreSQL on this machine
        return 0
    if not cluster.running():
        return 0
    users = os.open(folders.run / f"{cluster.data.name}.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("The database keeps running for a bin/manage command; it stops when that ends.")
        return 0
    cluster.stop()
    folders.remove_sockets()
    os.close(users)
    return 1


if __name__ == "__main__":
    run_command("bin/up", main)
