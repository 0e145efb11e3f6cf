"""`bin/manage`: Django's manage.py in this installation's environment, with the database there when it needs one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from stack.broker import Broker
from stack.database_use import in_use
from stack.environment import Choices, site_environment
from stack.folders import ROOT, Folders
from stack.postgres import Cluster
from stack.sentences import run_command

# These work on files alone; for them no database is started or even created.
WITHOUT_DATABASE = {
    "", "-h", "--help", "help", "--version", "version", "analyse", "check", "collectstatic", "compilemessages",
    "findstatic", "makemessages", "spectacular", "startapp",
}  # fmt: skip
# These change or copy whole tables, which the application's role may not.
AS_OWNER = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "backup", "restore"}


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code; a database that was started for it is stopped again."""
    folders = Folders.of_checkout().make()
    choices = Choices.last(folders)
    broker = Broker(folders)
    name = arguments[0] if arguments else ""
    if name in WITHOUT_DATABASE or "DATABASE_URL" in os.environ or {"-h", "--help"} & set(arguments):
        nowhere = "postgis://citylab_app@%2Fnonexistent/citylab"
        return _run(
            site_environment(folders, choices, database=nowhere, owner_database=nowhere, broker=broker.url), arguments
        )
    with in_use(Cluster(folders)) as cluster:
        environment = site_environment(
            folders,
            choices,
            database=cluster.url("citylab_app"),
            owner_database=cluster.url("citylab_owner"),
            broker=broker.url,
            programs=cluster.programs,
        )
        return _run(environment, arguments)


def _run(environment: dict[str, str], arguments: list[str]) -> int:
    if arguments and arguments[0] in AS_OWNER:
        environment = environment | {"DATABASE_URL": environment["DATABASE_OWNER_URL"]}
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    # Ctrl-C reaches the child as well; it decides what that means, and we wait to clean up behind it.
    signal.signal(signal.SIGINT, lambda *_: None)
    with subprocess.Popen(command, env=environment) as child:
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda number, _: child.send_signal(number))
        code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    run_command("bin/manage", main)
