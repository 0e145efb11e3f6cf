"""The program that decodes one hostile picture. Started by `gate.py`, alone in its process; only the fuzzer imports it.

Standard input: the picture. Argument 1: orders as JSON (`gate.orders`). Standard output: one line of JSON, then the
bytes of the two renditions. The line is {"state": "clean", "width", "height", "large", "small", "confined"} with the
upright size of the original in px and the renditions' lengths in bytes, or {"state": "rejected", "reason", "detail"}.

Only Pillow and pillow_heif are imported, and of Pillow only the one decoder that the orders name: no list of openers
is ever asked, so a foreign format has nobody who would open it.
"""

import errno
import io
import json
import os
import sys
import warnings

sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # at the end: shadows nothing

from confinement import forbid_files, forbid_system_calls, limit_resources

WHITE = (255, 255, 255)
ORIENTATION_TAG = 0x0112
BAND_ROWS = 64  # rows of the reduced picture made at a time: keeps flattening to a few MB


class TooManyPixels(Exception):
    """The picture is larger than the orders allow."""


def main() -> None:
    orders = json.loads(sys.argv[1])
    limit_resources(**orders["limits"])
    plugin = decoder(orders["format"])
    from PIL import Image, ImagePalette, TiffImagePlugin  # noqa: F401  Pillow would import the last two when needed,

    Image.preinit()  # and these when saving; soon no file can be opened any more
    warnings.simplefilter("ignore")  # complaints about metadata, none of which is kept
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = orders["max_pixels"]
    forbid_files()
    confined = forbid_system_calls()
    try:
        answer = clean(plugin, read_all(0), orders)
        answer[0]["confined"] = confined
    except (TooManyPixels, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        answer = rejected("too_many_pixels", error)
    except MemoryError as error:
        answer = rejected("too_costly", error)
    except (ImportError, OSError) as error:
        if isinstance(error, ImportError) or error.errno in (errno.ENOSYS, errno.EMFILE):
            raise  # our own walls are in the way of an ordinary step: a fault of the gate, not of the picture
        answer = rejected("broken", error)
    except Exception as error:  # whatever a decoder raises says one thing: no picture came out
        answer = rejected("broken", error)
    write_all(1, json.dumps(answer[0]).encode() + b"\n" + b"".join(answer[1:]))
    os._exit(0)


def decoder(name: str):
    """Return the Pillow class that decodes the format `name`; the first frame is the one it opens."""
    if name == "JPEG":
        from PIL.JpegImagePlugin import JpegImageFile  # not its factory: what follows in an MPO is never looked at

        return JpegImageFile
    if name == "PNG":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if name == "WEBP":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile
    if name == "HEIF":
        from pillow_heif import HeifImageFile, options

        options.DECODE_THREADS = 1
        options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
        return HeifImageFile
    raise ValueError(name)


def clean(plugin, body: bytes, orders: dict) -> list:
    """Decode `body` and draw it anew; return [head, large JPEG, small JPEG]. Raises whatever the decoder raises."""
    from PIL import Image

    im = plugin(io.BytesIO(body))
    width, height = im.size
    if width * height > orders["max_pixels"]:
        raise TooManyPixels(f"{width} x {height}")
    if orders["format"] == "JPEG":
        im.draft(None, fitted(im.size, orders["large_side"]))  # decode 1/2, 1/4 or 1/8, still at least that large
    im.load()
    if im.size[0] * im.size[1] > orders["max_pixels"]:
        raise TooManyPixels(f"{im.size[0]} x {im.size[1]} after decoding")
    turned = turn(im)
    small_enough = reduced(im, orders["large_side"])
    del im
    if turned is not None:
        small_enough = small_enough.transpose(turned)
        if turned in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.TRANSPOSE,
                      Image.Transpose.TRANSVERSE):  # fmt: skip
            width, height = height, width
    large = shrunk(small_enough, fitted((width, height), orders["large_side"]))
    small = shrunk(large, fitted((width, height), orders["small_side"]))
    files = [encoded(large, orders["quality"]), encoded(small, orders["quality"])]
    return [
        {"state": "clean", "width": width, "height": height, "large": len(files[0]), "small": len(files[1])},
        *files,
    ]


def turn(im):
    """Return the Pillow transposition that sets the picture upright, or None; unreadable metadata turn nothing."""
    from PIL.Image import Transpose

    try:
        orientation = im.getexif().get(ORIENTATION_TAG)
    except MemoryError:
        raise
    except Exception:
        return None
    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)


def fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return `size` shrunk so that its long side is at most `side` px; never enlarged, never below 1 px."""
    long = max(size)
    if long <= side:
        return size
    return max(1, round(size[0] * side / long)), max(1, round(size[1] * side / long))


def reduced(im, side: int):
    """Return `im` flattened on white as RGB, shrunk by a whole number while its long side stays at least 2 x `side`.

    Goes band by band, so that a palette or transparency costs a few MB and not a second whole picture.
    """
    from PIL import Image

    factor = max(1, max(im.size) // (2 * side))
    if factor == 1 and im.mode == "RGB" and "transparency" not in im.info:
        return im
    width, height = im.size
    canvas = Image.new("RGB", (-(-width // factor), -(-height // factor)), WHITE)
    for top in range(0, height, BAND_ROWS * factor):
        band = flattened(im.crop((0, top, width, min(height, top + BAND_ROWS * factor))))
        canvas.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    return canvas


def flattened(band):
    """Return `band` as RGB, white where it is transparent."""
    from PIL import Image

    if band.mode.startswith("I;16"):
        band = band.point(lambda value: value / 256).convert("L")  # 16 bits a channel: the upper 8
    if "transparency" in band.info or band.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        band = band.convert("RGBA")
        canvas = Image.new("RGB", band.size, WHITE)
        canvas.paste(band, mask=band.getchannel("A"))
        return canvas
    return band if band.mode == "RGB" else band.convert("RGB")


def shrunk(im, size: tuple[int, int]):
    """Return `im` at `size` px on a new canvas, which carries nothing of what `im` carried beside its pixels."""
    from PIL import Image

    canvas = Image.new("RGB", size, WHITE)
    canvas.paste(im if im.size == size else im.resize(size, Image.Resampling.LANCZOS))
    return canvas


def encoded(im, quality: int) -> bytes:
    """Return `im` as the bytes of a bare JPEG."""
    file = io.BytesIO()
    im.save(file, "JPEG", quality=quality)
    return file.getvalue()


def rejected(reason: str, error: BaseException) -> list:
    return [{"state": "rejected", "reason": reason, "detail": f"{type(error).__name__}: {error}"[:200]}]


def read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    main()
