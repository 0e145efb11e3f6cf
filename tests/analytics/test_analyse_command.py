"""The command line of `analyse`. No test here asks for the database, so any use of it fails."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    path = tmp_path / "reports.csv"
    path.write_text("lon,lat,day\n108.2,16.05,357.5\n108.21,16.06,358\n108.21,16.06,\n")
    return path


def test_a_file_is_analysed_without_a_database_and_told_in_words(reports: Path, tmp_path: Path) -> None:
    said, progress = StringIO(), StringIO()
    arguments = ["--lon", "lon", "--lat", "lat", "--time", "day", "--days-since", "2024-01-01", "--until", "2024-W52"]
    call_command("analyse", str(reports), *arguments, "--out", str(tmp_path / "h.csv"), stdout=said, stderr=progress)
    assert "2 reports are 2 cases" in said.getvalue()
    assert f"(clocks of {settings.TIME_ZONE})" in said.getvalue()
    assert "line 4: the time is missing" in said.getvalue()
    assert "Reading" in progress.getvalue()
    assert (tmp_path / "h.csv").read_text().startswith("cell,week,observed,expected,ratio,p,q,gi_star,hot\n")


def test_what_cannot_be_done_is_said_in_a_sentence(reports: Path, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "h.csv")]
    with pytest.raises(CommandError, match="has no column “x”"):
        call_command("analyse", str(reports), "--lon", "x", "--lat", "lat", "--time", "day", *out, stderr=StringIO())
    with pytest.raises(CommandError, match="“Mars/Base” is not a time zone such as"):
        call_command("analyse", str(reports), "--time", "day", "--timezone", "Mars/Base", *out, stderr=StringIO())
