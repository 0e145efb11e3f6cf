"""The private cluster: unreachable from outside, unusable by others, two roles, durable, and gone when nobody uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack.database_use import in_use
from stack.folders import Folders
from stack.postgres import Cluster
from stack.secret_values import MAKERS, secret_values
from stack.sentences import CannotGoOn

from tests.reliability.running_site import throwaway_cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with throwaway_cluster(durable=True) as (found, _):
        yield found


def psql(cluster: Cluster, role: str, statement: str, *before: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, cluster.programs / "psql", "-h", cluster.sockets, "-U", role, "-d", "citylab", "-X", "-A", "-t", "-c", statement],
        capture_output=True, text=True,
    )  # fmt: skip


def test_it_is_as_durable_as_the_promise_needs(cluster):
    names = ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"]
    assert cluster.sql(";".join(f"SHOW {name}" for name in names) + ";").split() == ["on"] * 4


def test_a_cluster_that_would_lose_reports_is_refused(cluster):
    cluster.sql("ALTER SYSTEM SET synchronous_commit = off; SELECT pg_reload_conf()")
    try:
        time.sleep(0.5)
        with pytest.raises(CannotGoOn, match="would lose accepted reports in a crash: synchronous_commit is off"):
            cluster.ready()
    finally:
        cluster.sql("ALTER SYSTEM RESET synchronous_commit; SELECT pg_reload_conf()")


def test_it_listens_on_no_network_port(cluster):
    assert cluster.sql("SHOW listen_addresses") == ""
    sockets = {
        link.readlink().name
        for link in Path(f"/proc/{cluster.pid()}/fd").iterdir()
        if "socket:" in str(link.readlink())
    }
    listening = {
        f"socket:[{line.split()[9]}]"
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
    }
    assert not sockets & listening


def test_the_encoding_and_the_text_rules_are_the_same_on_every_machine(cluster):
    shown = cluster.sql(
        "SELECT datcollate, datctype, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'citylab'"
    )
    assert shown == "C.UTF-8|C.UTF-8|UTF8"


def test_the_application_cannot_make_tables_and_the_owner_is_no_superuser(cluster):
    refused = psql(cluster, "citylab_app", "CREATE TABLE t (n int)")
    assert refused.returncode != 0 and "permission denied" in refused.stderr
    assert psql(cluster, "citylab_owner", "CREATE TABLE t (n int); DROP TABLE t").returncode == 0
    assert (
        psql(cluster, "citylab_owner", "SELECT usesuper FROM pg_user WHERE usename = current_user").stdout.strip()
        == "f"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as another user")
def test_another_user_of_the_machine_cannot_get_in(cluster):
    refused = psql(cluster, "citylab_app", "SELECT 1", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    assert refused.returncode != 0


def test_the_extensions_are_there_and_in_the_template_of_the_tests(cluster):
    for database in ("citylab", "citylab_template"):
        names = cluster.sql("SELECT extname FROM pg_extension", database).split()
        assert {"postgis", "unaccent", "pg_trgm", "btree_gist"} <= set(names)


def test_what_a_statement_contained_never_reaches_the_log(cluster):
    psql(cluster, "citylab_app", "SELECT 'a resident wrote this' FROM no_such_table")
    psql(cluster, "citylab_app", "SELECT CAST('a resident wrote this' AS uuid) /* a resident wrote this */")
    logs = "".join(path.read_text() for path in (cluster.data / "log").iterdir())
    assert "no_such_table" in logs
    assert logs.count("a resident wrote this") <= 1  # the message itself quotes a bad value; the statement is not there


def test_it_starts_again_after_kill_9(cluster):
    os.kill(cluster.pid() or 0, 9)
    assert cluster.ready().sql("SELECT 1") == "1"


def test_the_database_of_the_container_gets_the_same_roles_and_passwords(cluster):
    environment = {
        **os.environ, "PGHOST": str(cluster.sockets), "POSTGRES_USER": "citylab", "CITYLAB_SQL": str(ROOT / "bin" / "stack"),
        "CITYLAB_OWNER_PASSWORD": "owner's", "CITYLAB_APP_PASSWORD": "app", "PATH": f"{cluster.programs}:{os.environ['PATH']}",
    }  # fmt: skip
    for _ in range(2):
        subprocess.run([ROOT / "bin" / "stack" / "container-database.sh"], env=environment, check=True)
    assert (
        cluster.sql("SELECT count(*) FROM pg_authid WHERE rolname LIKE 'citylab\\__%' AND rolpassword IS NOT NULL")
        == "2"
    )


def test_the_last_user_stops_it_and_not_before(tmp_path):
    with throwaway_cluster() as (cluster, _):
        with in_use(cluster):
            with in_use(Cluster(cluster.folders, durable=False)):
                pass
            assert cluster.running()
        assert not cluster.running()


def test_a_folder_under_our_name_that_is_not_ours_is_refused(tmp_path):
    folders = Folders(tmp_path)
    socket = folders.sockets(os.geteuid())
    socket.rmdir()
    socket.symlink_to(tmp_path)
    try:
        with pytest.raises(CannotGoOn, match="is not a private folder of ours"):
            folders.sockets(os.geteuid())
    finally:
        socket.unlink()


def test_a_socket_path_is_short_enough_however_long_the_checkouts(tmp_path):
    folders = Folders(tmp_path / ("deep" * 50))
    socket = folders.sockets(os.geteuid())
    socket.rmdir()
    assert len(str(socket / ".s.PGSQL.5432.lock")) < 107


def test_secrets_are_made_once_and_only_their_user_can_read_them(tmp_path):
    file = tmp_path / "secrets.env"
    first = secret_values(file)
    assert set(first) == set(MAKERS) and len(set(first.values())) == len(MAKERS)
    assert file.stat().st_mode & 0o077 == 0
    assert secret_values(file) == first


def test_a_secret_that_a_new_version_needs_is_added_and_the_others_stay(tmp_path):
    file = tmp_path / "secrets.env"
    first = secret_values(file)
    file.write_text(f"SECRET_KEY={first['SECRET_KEY']}\n")
    second = secret_values(file)
    assert second["SECRET_KEY"] == first["SECRET_KEY"] and set(second) == set(MAKERS)


def test_a_command_that_needs_no_database_makes_none(tmp_path):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "CELERY_", "CITYLAB_"))
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "stack.manage", "check"], capture_output=True, text=True,
        env={**environment, "PYTHONPATH": str(ROOT / "bin"), "CITYLAB_STATE": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "pg").exists()
