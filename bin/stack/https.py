"""HTTPS through Debian's Caddy, for `bin/up --domain NAME`: phones give no position without it."""

from __future__ import annotations

import errno
import ipaddress
import os
import pwd
import shutil
import socket
from pathlib import Path

from stack.folders import Folders
from stack.sentences import CannotGoOn
from stack.services import Service

HERE = Path(__file__).parent


def is_internal(domain: str) -> bool:
    """Whether no public authority can certify this name, so that Caddy's own one has to."""
    try:
        ipaddress.ip_address(domain)
        return True
    except ValueError:
        return domain == "localhost" or domain.endswith((".localhost", ".internal", ".local", ".home.arpa"))


def _ports() -> tuple[int, int]:
    return int(os.environ.get("CITYLAB_HTTP_PORT", "80")), int(os.environ.get("CITYLAB_HTTPS_PORT", "443"))


def check_ports() -> None:
    """Raises `CannotGoOn` when the ports of HTTP and HTTPS cannot be had."""
    for port in _ports():
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("", port))
            except OSError as problem:
                if problem.errno == errno.EACCES:
                    raise CannotGoOn(
                        f"port {port} needs more rights than {pwd.getpwuid(os.geteuid()).pw_name} has. "
                        "Run: sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80"
                    ) from None
                raise CannotGoOn(
                    f"port {port} is taken by another program. See which: sudo ss -ltnp 'sport = :{port}'"
                ) from None


def _account() -> pwd.struct_passwd:
    """Who runs Caddy: the caller; for root the user that Debian's package made."""
    if os.geteuid() == 0:
        try:
            return pwd.getpwnam("caddy")
        except KeyError:
            pass
    return pwd.getpwuid(os.geteuid())


def storage(folders: Folders) -> Path:
    """Where Caddy keeps certificates; for root the home of the user `caddy`, who may not enter the checkout."""
    account = _account()
    return (
        folders.local / "caddy" if account.pw_uid == os.geteuid() else Path(account.pw_dir) / f"citylab-{folders.hash}"
    )


def root_certificate(folders: Folders) -> Path:
    """The certificate of Caddy's own authority, to be installed on a phone that tests an internal name."""
    return storage(folders) / "caddy" / "pki" / "authorities" / "local" / "root.crt"


def https_service(folders: Folders, domain: str, upstream: str) -> Service:
    """The Caddy process that serves `domain` and passes everything to `upstream`."""
    program = shutil.which("caddy")
    if program is None:
        raise CannotGoOn("Caddy is missing. Run: sudo apt-get install --no-install-recommends caddy")
    account = _account()
    kept = storage(folders)
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(kept, account.pw_uid, account.pw_gid)
    settings = folders.sockets(account.pw_uid) / "Caddyfile"
    settings.write_text((HERE / "Caddyfile").read_text())
    settings.chmod(0o644)
    command = [program, "run", "--adapter", "caddyfile", "--config", str(settings)]
    if account.pw_uid != os.geteuid():
        command = [
            "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--pdeathsig", "TERM",
            "--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service", *command,
        ]  # fmt: skip
    http, https = _ports()
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(kept),
        "XDG_DATA_HOME": str(kept),
        "XDG_CONFIG_HOME": str(kept),
        "CITYLAB_DOMAIN": domain,
        "CITYLAB_TLS": "tls internal" if is_internal(domain) else "",
        "CITYLAB_UPSTREAM": upstream,
        "CITYLAB_HTTP_PORT": str(http),
        "CITYLAB_HTTPS_PORT": str(https),
    }
    return Service("caddy", command, environment)
