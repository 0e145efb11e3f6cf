"""The private database for as long as somebody uses it: the first user starts it, the last one stops it.

Each user holds a shared lock on a file, which the kernel drops when the user dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from stack.postgres import Cluster


@contextmanager
def in_use(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, ready; stopped afterwards unless another process still uses it."""
    lock = os.open(cluster.folders.run / f"{cluster.data.name}.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Creating and starting is done by one at a time; then everybody shares.
        fcntl.flock(lock, fcntl.LOCK_SH)
        with _alone(cluster):
            cluster.ready()
        yield cluster
    finally:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            cluster.stop()
            cluster.folders.remove_sockets()
        except BlockingIOError:
            pass  # somebody else still uses it
        os.close(lock)


@contextmanager
def _alone(cluster: Cluster) -> Iterator[None]:
    gate = os.open(cluster.folders.run / f"{cluster.data.name}.starting", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield
    finally:
        os.close(gate)
