"""Looking into the stores as the disk holds them, past the product's own code."""

from pathlib import Path

from django.core.files.storage import storages


def stored_names(alias: str) -> list[str]:
    """The names of all files in a store, half-written ones too."""
    folder = Path(storages[alias].location)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
