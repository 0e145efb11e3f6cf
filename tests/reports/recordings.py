"""The first bytes of recordings, as phones and browsers make them, with noise behind."""

HEADS = {
    "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm",
    "ogg": b"OggS\0\x02" + b"\0" * 22 + b"OpusHead",
    "mp4": b"\0\0\0\x1cftypisom\0\0\x02\0",
    "m4a": b"\0\0\0\x1cftypM4A \0\0\0\0",
    "3gp": b"\0\0\0\x18ftyp3gp4\0\0\0\0",
    "mp3": b"ID3\x04\0\0\0\0\0\0",
    "wav": b"RIFF\x24\0\0\0WAVEfmt ",
    "amr": b"#!AMR\n",
    "aac": b"\xff\xf1\x50\x80",
}
BARE_MP3 = b"\xff\xfb\x90\x64"  # without a tag in front


def recording(form: str = "webm", size: int = 2000) -> bytes:
    """A recording of that format, `size` bytes."""
    head = HEADS[form]
    return head + bytes(range(256))[: max(0, size - len(head))] * 1 + b"\x55" * max(0, size - len(head) - 256)
