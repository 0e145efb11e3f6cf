"""Mutated pictures against the gate: `python -m tests.benchmarks.fuzz_photos --count 100000 --seconds 600`.

Small seeds of each format are damaged at random and decoded. Two ways: `through_the_gate`, each in a child process of
its own as in production (about 15 a second on a free core), and `in_batches`, many to a forked child that holds the same limits and
runs the same decoding (about 1,000 a second). Bounded in count and time. Prints a table, then one JSON line.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random

from PIL import Image
from tqdm import tqdm

from reports.photos import gate_child
from reports.photos.confinement import limit_resources
from reports.photos.gate import PhotoRejected, clean_photo, orders
from reports.photos.picture_only import is_picture_only
from reports.photos.sniff import PhotoDamaged, sniff
from tests.reports.photos.pictures import FORMATS, encoded, scene

BATCH = 100
BATCH_MEMORY = 3 * 1024**3  # the forked child has its parent's libraries mapped too
BATCH_CPU_SECONDS = 60
INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass
class Outcome:
    """What became of the mutated pictures, by format."""

    clean: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    decoder_deaths: Counter[str] = field(default_factory=Counter)  # a signal ended the child: contained, worth a look
    parent_faults: list[str] = field(default_factory=list)  # must stay empty
    peak_mb: float = 0.0

    @property
    def count(self) -> int:
        return self.clean.total() + self.rejected.total() + self.decoder_deaths.total()


@cache
def seeds() -> dict[str, list[bytes]]:
    """Small pictures that walk through different parts of each decoder."""
    colour, grey = scene(48, 32), scene(48, 32).convert("L")
    noise = Image.frombytes("RGB", (48, 32), Random(0).randbytes(48 * 32 * 3))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "words"
    alpha = colour.convert("RGBA")
    alpha.putalpha(Image.linear_gradient("L").resize(colour.size))
    return {
        "JPEG": [
            encoded(colour, "JPEG", exif=exif.tobytes()),
            encoded(noise, "JPEG", progressive=True),
            encoded(grey, "JPEG", restart_marker_blocks=1),
            encoded(colour.convert("CMYK"), "JPEG", optimize=True),
        ],
        "PNG": [
            encoded(alpha, "PNG", exif=exif.tobytes()),
            encoded(colour.quantize(16), "PNG", transparency=3),
            encoded(grey.convert("1"), "PNG"),
            encoded(colour, "PNG", save_all=True, append_images=[noise]),
        ],
        "WEBP": [
            encoded(colour, "WEBP", exif=exif.tobytes()),
            encoded(alpha, "WEBP", lossless=True),
            encoded(noise, "WEBP", quality=10),
            encoded(colour, "WEBP", save_all=True, append_images=[noise]),
        ],
        "HEIF": [
            encoded(colour, "HEIF", exif=exif.tobytes()),
            encoded(alpha, "HEIF"),
            encoded(noise, "HEIF", quality=20),
            encoded(scene(160, 160), "HEIF", tile_size=64),
        ],
    }


def mutated(seed: bytes, others: list[bytes], random: Random) -> bytes:
    """`seed` after one to eight injuries."""
    body = bytearray(seed)
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at = random.randrange(len(body))
        length = random.choice((1, 1, 2, 4, 16, 100))
        kind = random.randrange(7)
        if kind == 0:
            body[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            body[at : at + length] = random.randbytes(length)
        elif kind == 2:
            del body[at : at + length]
        elif kind == 3:
            body[at:at] = body[max(0, at - length) : at]
        elif kind == 4:
            number = random.choice(INTERESTING)
            body[at : at + 4] = struct.pack(random.choice("<>") + "I", number)
        elif kind == 5:
            other = random.choice(others)
            start = random.randrange(len(other))
            body[at:at] = other[start : start + 10 * length]
        else:
            del body[max(12, at) :]
        if len(body) < 16:
            return bytes(seed[:16])
    return bytes(body)


def mutants(count: int, start: int = 0) -> Iterator[tuple[str, bytes]]:
    """`count` mutated pictures, the formats in turn; the same for the same start."""
    kinds = seeds()
    for number in range(start, start + count):
        random = Random(number)
        picture_format = FORMATS[number % len(FORMATS)]
        yield picture_format, mutated(random.choice(kinds[picture_format]), kinds[picture_format], random)


def through_the_gate(count: int, start: int = 0, deadline: float = float("inf")) -> Outcome:
    """Each picture as in production. Anything but clean renditions or a rejection is a fault."""
    outcome = Outcome()
    for number, (picture_format, body) in enumerate(mutants(count, start), start):
        if time.monotonic() > deadline:
            break
        try:
            clean_photo(body)
            outcome.clean[picture_format] += 1
        except PhotoRejected as rejection:
            outcome.reasons[rejection.reason] += 1
            died = "signal" in rejection.detail
            (outcome.decoder_deaths if died else outcome.rejected)[picture_format] += 1
        except Exception as error:  # GateUnavailable too: no picture may break the gate for the next one
            outcome.parent_faults.append(f"{number}: {error!r}")
    return outcome


def in_batches(count: int, start: int = 0, deadline: float = float("inf"), bar: tqdm | None = None) -> Outcome:
    """Many pictures to a forked child; the one that kills it is counted and the rest go on in another child."""
    outcome = Outcome()
    waiting = list(enumerate(mutants(min(BATCH, count), start), start))
    end = start + count
    board = mmap.mmap(-1, 8)  # how many of the batch are done, readable after the child's death
    while waiting and time.monotonic() < deadline:
        board[:8] = struct.pack("Q", 0)
        answers = os.memfd_create("answers")
        child = os.fork()
        if child == 0:
            try:
                _decode_batch(waiting, board, answers)
            except BaseException as error:
                os.write(answers, f"{json.dumps(['fault', 'batch', repr(error)])}\n".encode())
            os._exit(0)
        _, status, usage = os.wait4(child, 0)
        outcome.peak_mb = max(outcome.peak_mb, usage.ru_maxrss / 1024)
        done = struct.unpack("Q", board[:8])[0]
        for line in os.pread(answers, 1 << 24, 0).decode().splitlines():
            state, picture_format, reason = json.loads(line)
            if state == "fault":
                outcome.parent_faults.append(f"{picture_format}: {reason}")
            else:
                getattr(outcome, state)[picture_format] += 1
                outcome.reasons.update([reason] if reason else [])
        os.close(answers)
        if os.WIFSIGNALED(status):
            outcome.decoder_deaths[waiting[done][1][0]] += 1
            print(f"picture {waiting[done][0]} ended its child by signal {os.WTERMSIG(status)}", file=sys.stderr)
            done += 1
        if bar is not None:
            bar.update(done)
        following = waiting[-1][0] + 1
        waiting = waiting[done:] or list(enumerate(mutants(min(BATCH, end - following), following), following))
    return outcome


def _decode_batch(batch: list[tuple[int, tuple[str, bytes]]], board: mmap.mmap, answers: int) -> None:
    """In the forked child: what `gate_child` does, picture after picture, and what the parent asks of its answer."""
    limit_resources(memory_bytes=BATCH_MEMORY, cpu_seconds=BATCH_CPU_SECONDS, output_bytes=1 << 24)
    gate_child_warnings()
    for done, (number, (picture_format, body)) in enumerate(batch):
        board[:8] = struct.pack("Q", done)
        line = _verdict(number, picture_format, body)
        os.write(answers, f"{json.dumps(line)}\n".encode())
    board[:8] = struct.pack("Q", len(batch))


def gate_child_warnings() -> None:
    """Pillow as quiet as in the real child."""
    import warnings

    warnings.simplefilter("ignore")


def _verdict(number: int, picture_format: str, body: bytes) -> tuple[str, str, str]:
    try:
        sniffed = sniff(body)
    except PhotoDamaged:
        return "rejected", picture_format, "broken"
    except Exception as error:
        return "fault", str(number), repr(error)
    if sniffed is None:
        return "rejected", picture_format, "not_a_photo"
    try:
        _, *files = gate_child.clean(gate_child.decoder(sniffed.format), body, orders(sniffed.format))
    except Exception as error:
        return (
            "rejected",
            picture_format,
            "too_many_pixels" if isinstance(error, gate_child.TooManyPixels) else "broken",
        )
    if not all(is_picture_only(file) for file in files):
        return "fault", str(number), "a rendition is more than a picture"
    return "clean", picture_format, ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20_000, help="pictures (default 20,000)")
    parser.add_argument("--seconds", type=float, default=300, help="stop after this long (default 300)")
    parser.add_argument(
        "--start", type=int, default=0, help="number of the first picture; the same numbers, the same pictures"
    )
    parser.add_argument("--through-the-gate", action="store_true", help="a process for each picture, as in production")
    chosen = parser.parse_args()
    begun = time.monotonic()
    if chosen.through_the_gate:
        outcome = through_the_gate(chosen.count, chosen.start, begun + chosen.seconds)
    else:
        with tqdm(total=chosen.count, unit="picture", disable=None) as bar:
            outcome = in_batches(chosen.count, chosen.start, begun + chosen.seconds, bar)
    seconds = time.monotonic() - begun
    print(f"{'format':8}{'clean':>9}{'rejected':>10}{'decoder deaths':>16}")
    for name in FORMATS:
        print(f"{name:8}{outcome.clean[name]:>9}{outcome.rejected[name]:>10}{outcome.decoder_deaths[name]:>16}")
    for fault in outcome.parent_faults:
        print("FAULT", fault)
    print(
        json.dumps(
            {
                "pictures": outcome.count,
                "clean": outcome.clean.total(),
                "rejected": outcome.rejected.total(),
                "decoder_deaths": outcome.decoder_deaths.total(),
                "parent_faults": len(outcome.parent_faults),
                "per_second": round(outcome.count / seconds, 1),
                "peak_mb": round(outcome.peak_mb or resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
            }
        )
    )
    sys.exit(bool(outcome.parent_faults))


if __name__ == "__main__":
    main()
