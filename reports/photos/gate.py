"""The gate: hostile bytes in, two clean JPEG renditions out, or a reason why not.

The decoding happens in a child process of its own (`gate_child.py`), which gets an empty environment, no descriptor
but its three streams, limits on memory, CPU time and written bytes, no way to open a file or a socket, and at most
`WALL_SECONDS`. All three streams are files in memory, so neither side can block the other and a full disk stops nothing.

One child per picture costs about 50 ms of CPU to start. A pool of warm children would save that and would let one
picture meet the memory of another; at 20,000 photos an hour it would save a quarter of one core.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from reports.photos import limits
from reports.photos.picture_only import is_picture_only
from reports.photos.sniff import PhotoDamaged, sniff

CHILD = Path(__file__).with_name("gate_child.py")


class PhotoRejected(Exception):
    """This picture will never pass. `reason` is one of REASONS, `detail` is for the log only."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class GateUnavailable(Exception):
    """The gate could not judge, through no fault of the picture; try again later."""


REASONS = ("not_a_photo", "too_large", "too_many_pixels", "too_many_scans", "too_costly", "broken")


@dataclass(frozen=True)
class CleanPhoto:
    """What passed: the upright size of the original in px, and the two renditions as JPEG bytes."""

    width: int
    height: int
    large: bytes
    small: bytes
    confined: bool  # whether the kernel's system call filter was on


def clean_photo(body: bytes) -> CleanPhoto:
    """Return the clean renditions of the photo `body`.

    Raises PhotoRejected with a reason for good, and GateUnavailable when it is worth trying again.
    """
    if len(body) > limits.MAX_BYTES:
        raise PhotoRejected("too_large", f"{len(body)} bytes")
    try:
        sniffed = sniff(body)
    except PhotoDamaged as error:
        raise PhotoRejected("broken", str(error)) from error
    if sniffed is None:
        raise PhotoRejected("not_a_photo")
    if sniffed.pixels > limits.MAX_PIXELS:
        raise PhotoRejected("too_many_pixels", f"{sniffed.width} x {sniffed.height}")
    if sniffed.scans > limits.MAX_SCANS:
        raise PhotoRejected("too_many_scans", str(sniffed.scans))
    code, output, complaint = run_child([str(CHILD), json.dumps(orders(sniffed.format))], body)
    return _judged(code, output, complaint)


def orders(picture_format: str) -> dict:
    """Return what the child is told, from `limits.py`."""
    return {
        "format": picture_format,
        "limits": {
            "memory_bytes": limits.MEMORY_BYTES,
            "cpu_seconds": limits.CPU_SECONDS[picture_format],
            "output_bytes": limits.OUTPUT_BYTES,
        },
        "max_pixels": limits.MAX_PIXELS,
        "large_side": limits.LARGE_SIDE,
        "small_side": limits.SMALL_SIDE,
        "quality": limits.JPEG_QUALITY,
    }


def run_child(
    arguments: list[str], body: bytes, *, wall_seconds: float = limits.WALL_SECONDS
) -> tuple[int, bytes, bytes]:
    """Run `python -I ARGUMENTS` with `body` as standard input; return (exit code, output, last words of its errors).

    A negative code is the signal that ended it. Raises GateUnavailable when the child could not be started or was
    still there after `wall_seconds`; it is dead and gone in every case.
    """
    streams = [os.memfd_create(name) for name in ("picture", "answer", "complaint")]
    try:
        with open(streams[0], "wb", closefd=False) as file:
            file.write(body)
        os.lseek(streams[0], 0, os.SEEK_SET)
        try:
            child = subprocess.Popen(
                [sys.executable, "-I", *arguments],
                stdin=streams[0], stdout=streams[1], stderr=streams[2],
                env={}, cwd="/", close_fds=True, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise GateUnavailable(f"the child could not be started: {error}") from error
        try:
            ended = _ended(child.pid, wall_seconds)
        finally:
            if child.poll() is None:
                child.kill()
            code = child.wait()
        if not ended:
            raise GateUnavailable(f"no answer within {wall_seconds} s")
        return code, _content(streams[1], limits.OUTPUT_BYTES), _content(streams[2], 2000)
    finally:
        for stream in streams:
            os.close(stream)


def _ended(pid: int, seconds: float) -> bool:
    """Wait for the process to end; return whether it did in time. (`Popen.wait(timeout)` sleeps 50 ms at a time.)"""
    process = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(process)


def _content(stream: int, most: int) -> bytes:
    size = os.fstat(stream).st_size
    return os.pread(stream, most, max(0, size - most))


def _judged(code: int, output: bytes, complaint: bytes) -> CleanPhoto:
    """Believe nothing the child says that its bytes do not show."""
    if code in (-signal.SIGXCPU, -signal.SIGXFSZ):
        raise PhotoRejected("too_costly", signal.Signals(-code).name)
    if code == -signal.SIGKILL:
        raise GateUnavailable("the child was killed from outside, perhaps for want of memory")
    if code < 0:
        raise PhotoRejected("broken", f"the decoder died of signal {-code}")
    if code != 0:
        raise GateUnavailable(f"the child ended with {code}: {complaint.decode(errors='replace')[-500:]}")
    try:
        line, _, files = output.partition(b"\n")
        answer = json.loads(line)
        if answer["state"] == "rejected":
            reason = answer["reason"] if answer["reason"] in REASONS else "broken"
            raise PhotoRejected(reason, str(answer["detail"])[:200])
        photo = CleanPhoto(
            width=int(answer["width"]),
            height=int(answer["height"]),
            large=files[: answer["large"]],
            small=files[answer["large"] :],
            confined=answer["confined"] is True,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PhotoRejected("broken", f"no sensible answer: {error!r}") from error
    for rendition, side in ((photo.large, limits.LARGE_SIDE), (photo.small, limits.SMALL_SIDE)):
        shown = sniff(rendition) if is_picture_only(rendition) else None
        if shown is None or not 0 < max(shown.width or 0, shown.height or 0) <= side:
            raise PhotoRejected("broken", "the rendition is more than a picture")
    if not 0 < photo.width * photo.height <= limits.MAX_PIXELS:
        raise PhotoRejected("broken", "a size that cannot be")
    return photo
