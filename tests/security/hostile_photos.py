"""Hostile bodies that a stranger can send as a photo, all made here in code."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from functools import cache

from PIL import Image

from tests.reports.photos.pictures import encoded, photo, scene

CANARY = b"canary-7f3a9c"
HTML = b"<html><script>alert('" + CANARY + b"')</script></html>"
PHP = b"<?php system($_GET['" + CANARY + b"']); ?>"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/" + CANARY + b">>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>" + CANARY + b"</script></svg>"
XXE = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;" + CANARY + b"</a>"


# --- pieces of formats ------------------------------------------------------------------------


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *, bits: int = 8, colour: int = 2, data: bytes = b"", extra: bytes = b"") -> bytes:
    """A PNG with any claim in its header, any compressed picture data, and chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", data or zlib.compress(b"\0" * 100))
        + png_chunk(b"IEND", b"")
    )


def jpeg_segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def with_jpeg_size(body: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame header claims another size."""
    at = re.search(rb"\xff[\xc0\xc2]", body).start()
    return body[: at + 5] + struct.pack(">HH", height, width) + body[at + 9 :]


def with_heif_size(body: bytes, width: int, height: int) -> bytes:
    """A HEIF whose every size box claims another size."""
    return re.sub(
        rb"(ispe\x00{4}).{8}", lambda found: found[1] + struct.pack(">II", width, height), body, flags=re.DOTALL
    )


def webp_claiming(width: int, height: int) -> bytes:
    """An extended WebP whose canvas claims a size (px, at most 16,777,216 a side)."""
    inner = photo("WEBP", 64, 64)[12:]
    canvas = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- bombs ------------------------------------------------------------------------------------


def zeros(size: int) -> bytes:
    """`size` zero bytes, compressed piece by piece."""
    packer = zlib.compressobj(9)
    return b"".join(
        [
            *(packer.compress(b"\0" * 2**20) for _ in range(size >> 20)),
            packer.compress(b"\0" * (size % 2**20)),
            packer.flush(),
        ]
    )


def true_pixel_bomb(side: int) -> bytes:
    """A valid one-bit PNG of side x side pixels in a few hundred KB."""
    return png(side, side, bits=1, colour=0, data=zeros(side * (1 + (side + 7) // 8)))


def text_bomb(chunk: bytes, size: int = 200 * 2**20) -> bytes:
    """A small PNG with a compressed text or colour profile chunk that unpacks to `size` bytes."""
    head = {b"zTXt": b"Comment\0\0", b"iCCP": b"icc\0\0", b"iTXt": b"Comment\0\1\0\0\0"}[chunk]
    body = encoded(scene(64, 64), "PNG")
    return body[:33] + png_chunk(chunk, head + zeros(size)) + body[33:]


def scan_bomb(scans: int, side: int = 6000) -> bytes:
    """A progressive JPEG whose last refinement scan is said again and again until it has `scans` scans."""
    body = encoded(Image.linear_gradient("L").resize((side, side)), "JPEG", progressive=True, quality=30)
    starts = [found.start() for found in re.finditer(rb"\xff\xda", body)]
    last = body[starts[-1] : -2]
    return body[:-2] + last * (scans - len(starts)) + b"\xff\xd9"


# --- many frames ------------------------------------------------------------------------------


def frames(count: int, side: int = 64) -> list[Image.Image]:
    """The upright scene first, then grey pictures that nobody should ever see."""
    return [scene(side, side), *(Image.new("RGB", (side, side), (number % 256,) * 3) for number in range(1, count))]


def animated(picture_format: str, count: int) -> bytes:
    first, *rest = frames(count)
    options = {"duration": 20} if picture_format in ("PNG", "WEBP") else {}
    return encoded(first, picture_format, save_all=True, append_images=rest, **options)


# --- polyglots --------------------------------------------------------------------------------


def zip_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("evil.html", HTML)
    return file.getvalue()


@cache
def trailers() -> dict[str, bytes]:
    return {"HTML": HTML, "ZIP": zip_file(), "PHP": PHP, "PDF": PDF, "SVG": SVG}


@cache
def stowaways() -> dict[str, bytes]:
    """Pictures that decode and carry something else inside."""
    jpeg, still = photo("JPEG"), photo("PNG")
    return {
        "PHP in a JPEG comment": jpeg[:2] + jpeg_segment(0xFE, PHP) + jpeg[2:],
        "HTML in a JPEG application segment": jpeg[:2] + jpeg_segment(0xEA, HTML) + jpeg[2:],
        "PDF right behind the JPEG's first bytes": jpeg[:2] + jpeg_segment(0xFE, b"\n" + PDF) + jpeg[2:],
        "JavaScript as a JPEG header": jpeg[:2] + jpeg_segment(0xE0, b"=/*" + CANARY + b"*/alert(1)/*") + jpeg[2:],
        "PHP in a PNG text chunk": still[:33] + png_chunk(b"tEXt", b"Comment\0" + PHP) + still[33:],
        "HTML in a private PNG chunk": still[:33] + png_chunk(b"prVt", HTML) + still[33:],
        "PHP in WebP EXIF": encoded(scene(), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + PHP),
        "HTML in WebP XMP": encoded(scene(), "WEBP", xmp=HTML),
    }


# --- formats that are not taken -----------------------------------------------------------------


@cache
def foreign() -> dict[str, bytes]:
    """Whole files of formats that are refused, as somebody would send them named photo.jpg."""
    small = scene(64, 64)
    fits = b"".join(
        card.ljust(80).encode()
        for card in (
            "SIMPLE  =                    T",
            "BITPIX  =                    8",
            "NAXIS   =                    0",
            "END",
        )
    )
    return {
        "GIF": encoded(small, "GIF"),
        "BMP": encoded(small, "BMP"),
        "TIFF": encoded(small, "TIFF"),
        "ICO": encoded(small, "ICO"),
        "JPEG 2000": encoded(small, "JPEG2000"),
        "JPEG 2000 code stream": encoded(small, "JPEG2000", no_jp2=True),
        "PPM": encoded(small, "PPM"),
        "TGA": encoded(small, "TGA"),
        "PCX": encoded(small, "PCX"),
        "SGI": encoded(small, "SGI"),
        "DDS": encoded(small, "DDS"),
        "ICNS": encoded(small, "ICNS"),
        "AVIF": encoded(small, "AVIF"),
        "EPS": encoded(small, "EPS"),
        "PostScript": b"%!PS-Adobe-3.0\n(" + CANARY + b") print\nshowpage\n",
        "PDF": encoded(small, "PDF"),
        "PSD": b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 64, 64, 8, 3) + b"\0" * 400,
        "FITS": fits.ljust(2880),
        "SVG": SVG,
        "XML": XXE,
        "HTML": HTML,
        "PHP": PHP,
        "ZIP": zip_file(),
        "film": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 400,
        "AVI": b"RIFF\x10\0\0\0AVI LIST" + b"\0" * 40,
        "shell script": b"#!/bin/sh\ntouch /tmp/owned\n",
        "program": b"\x7fELF" + b"\0" * 400,
        "text": "Rác ở bãi biển Mỹ Khê".encode(),
        "nothing": b"",
        "one byte": b"\xff",
        "half a magic": b"\xff\xd8",
        "spaces before a JPEG": b"  " + photo("JPEG"),
    }


@cache
def disguised() -> dict[str, bytes]:
    """Other formats behind the first bytes of one that is taken."""
    avif = encoded(scene(64, 64), "AVIF")
    found = {}
    for name, magic in (
        ("JPEG", b"\xff\xd8\xff\xe0"),
        ("PNG", png(8, 8)[:33]),
        ("WebP", photo("WEBP")[:30]),
        ("HEIF", b"\0\0\0\x18ftypheic"),
    ):
        for other in ("GIF", "EPS", "TIFF", "HTML", "ZIP"):
            found[f"{other} behind the magic of {name}"] = magic + foreign()[other]
    found["AVIF that calls itself HEIF"] = avif[:8] + b"mif1" + avif[12:]
    found["AVIF that calls itself HEIC"] = avif[:8] + b"heic" + avif[12:]
    return found
