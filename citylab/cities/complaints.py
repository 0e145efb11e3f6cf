"""What is wrong with a city pack, said with file, line and field, all of it at once."""

from pathlib import Path


class PackError(ValueError):
    """A city pack that cannot be used. `complaints` is the list of sentences."""

    def __init__(self, complaints: list[str]) -> None:
        self.complaints = complaints
        super().__init__("The city pack cannot be used:\n  " + "\n  ".join(complaints))


class Complaints:
    """Collects complaints while a pack is read, so that its author sees them all in one run."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, path: Path, line: int | None, field: str, sentence: str) -> None:
        """Notes one complaint. `line` is None when the thing complained of is missing from the file."""
        where = f"{path.parent.name}/{path.name}" + (f", line {line}" if line else "")
        self.sentences.append(f"{where}, {field}: {sentence}")

    def raise_any(self) -> None:
        if self.sentences:
            raise PackError(self.sentences)
