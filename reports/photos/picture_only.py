"""Whether a JPEG is a picture and nothing else: what the parent asks of a rendition before it believes the child.

A decoder that an attacker took over could hand back any bytes. Only the segments that Pillow writes for a bare
picture pass, each in full, and not one byte after the end-of-image marker.
"""

from __future__ import annotations

import re

_JFIF = b"JFIF\x00"
_ALLOWED = frozenset({0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0})  # SOF0, SOF2, DHT, SOS, DQT, DRI, APP0
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_JFIF_LENGTH = 16  # without a thumbnail
_TABLE_BYTES = 2000  # a quantisation or Huffman segment is far smaller; a stowaway would be larger


def is_picture_only(jpeg: bytes) -> bool:
    """Return whether `jpeg` holds one picture, no metadata beyond a bare JFIF header, and no trailer."""
    if not jpeg.startswith(b"\xff\xd8"):
        return False
    at = 2
    while at + 4 <= len(jpeg):
        if jpeg[at] != 0xFF or jpeg[at + 1] not in _ALLOWED:
            return False
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if length < 2 or length > _TABLE_BYTES:
            return False
        if marker == 0xE0 and (length != _JFIF_LENGTH or jpeg[at + 4 : at + 9] != _JFIF):
            return False
        at += 2 + length
        if marker == 0xDA:
            found = _MARKER_IN_SCAN.search(jpeg, at)
            if found is None:
                return False
            at = found.start()
            if jpeg[at : at + 2] == b"\xff\xd9":
                return at + 2 == len(jpeg)
    return False
