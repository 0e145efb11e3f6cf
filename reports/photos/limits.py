"""Every limit a photo meets, each with its reason. Figures were measured on one core of a shared two-core machine."""

# --- at the door ------------------------------------------------------------------------------
MAX_BYTES = 15 * 1024 * 1024
"""Size of one upload. A 12 MP phone JPEG has 2-5 MB, a 48 MP one 8-14 MB."""

MAX_PIXELS = 50_000_000
"""Width x height. The largest ordinary phone mode is 48-50 MP; 50 MP take 200 MB once decoded."""

MAX_SCANS = 64
"""Scans of one JPEG. An ordinary progressive file has 10; 400 repeated scans in 165 KB cost 9-13 s of CPU."""

MAX_POSITIONS = 3
"""Photos that a resident may send with one report."""

# --- the child process ------------------------------------------------------------------------
CPU_SECONDS = {"JPEG": 3, "PNG": 6, "WEBP": 6, "HEIF": 8}
"""CPU time by format; about twice what the dearest honest photo of MAX_PIXELS needs."""

MEMORY_BYTES = 1024**3
"""Address space. The dearest honest photo (50 MP, progressive, 4:4:4) stays well below it."""

OUTPUT_BYTES = 8 * 1024 * 1024
"""What the child may write in all. 1600 x 1600 px of pure noise at quality 85 make about 3 MB."""

WALL_SECONDS = 60
"""Clock time, only against a child that sleeps or a machine that stands still: the CPU limit bites long before.
Below the five minutes a task may take."""

# --- renditions -------------------------------------------------------------------------------
LARGE_SIDE = 1600
"""Long side in px of what staff and pages show: a phone held sideways, zoomed once."""

SMALL_SIDE = 320
"""Long side in px for lists and map popups: about 15 KB."""

JPEG_QUALITY = 85
"""Above 85 a JPEG grows faster than anybody sees."""

# --- storing ----------------------------------------------------------------------------------
ORPHAN_HOURS = 24
"""Age at which a file without a row is removed: far beyond any request or task that might still commit one."""

LIST_LENGTH = 1000
"""Names that a nightly check keeps to show; it counts all of them."""
