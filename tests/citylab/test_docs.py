"""What the documents say is so, and what is so is in the documents."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).parents[2]
DOCS = {path.name: path.read_text("utf-8") for path in [*ROOT.glob("docs/*.md"), ROOT / "README.md"] if path.exists()}
EVERYTHING = "\n".join(DOCS.values())
OURS = sorted(name for name, app in get_commands().items() if app in ("citylab", "reports", "analytics"))


def settings_read() -> set[str]:
    """Names of environment variables that the settings and commands ask for."""
    sources = [*ROOT.glob("citylab/**/*.py"), *ROOT.glob("reports/**/*.py"), *ROOT.glob("analytics/**/*.py")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    return set(re.findall(r"\b(?:CITYLAB_[A-Z0-9_]+|DATABASE_[A-Z_]*URL|CELERY_BROKER_URL)(?=\")", text)) - {"CITYLAB_TEST_DB", "CITYLAB_TEST_TEMPLATE"}


def test_every_setting_is_documented_for_operators():
    assert [name for name in sorted(settings_read()) if f"`{name}`" not in DOCS["operators.md"]] == []


def test_every_setting_in_the_documents_is_real():
    scripts = "\n".join(path.read_text("utf-8") for path in [*ROOT.glob("bin/**/*"), *ROOT.glob("tests/**/*.py"), ROOT / "compose.yaml"] if path.is_file() and path.suffix != ".pyc")
    mentioned = set(re.findall(r"`(CITYLAB_[A-Z0-9_]+)`", EVERYTHING))
    assert [name for name in sorted(mentioned) if name not in settings_read() and name not in scripts] == []


@pytest.mark.parametrize("command", OURS)
def test_every_command_is_documented(command):
    assert re.search(rf"\b{command}\b", EVERYTHING)


def test_every_command_in_the_documents_is_real():
    from django.core.management import get_commands

    mentioned = set(re.findall(r"bin/manage ([a-z_]+)", EVERYTHING))
    assert sorted(mentioned - set(get_commands())) == []


def test_every_benchmark_in_the_documents_is_real():
    known = {path.stem.rstrip("_") for path in (ROOT / "tests" / "benchmarks").glob("*.py")}
    assert sorted(set(re.findall(r"bin/bench ([a-z_]+)", EVERYTHING)) - known) == []


def test_every_file_named_in_the_documents_exists():
    named = set(re.findall(r"`((?:citylab|reports|analytics|tests|docs|bin)/[\w./-]+)`", EVERYTHING))
    names = {name for name in named if "NAME" not in name}
    assert [name for name in sorted(names) if not (ROOT / name).exists() and not (ROOT / f"{name}.py").exists()] == []


def test_every_link_between_the_documents_leads_somewhere():
    broken = []
    for name, text in DOCS.items():
        folder = ROOT if name == "README.md" else ROOT / "docs"
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text):
            if not (folder / link).exists():
                broken.append((name, link))
    assert broken == []


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [*project["project"]["dependencies"], *project["dependency-groups"]["test"], *project["dependency-groups"]["ai"]]
    names = {re.match(r"[A-Za-z0-9-]+", line)[0] for line in lines}
    for package in (ROOT / "package.json", ROOT / "tests" / "benchmarks" / "lighthouse" / "package.json"):
        described = json.loads(package.read_text())
        names |= {*described.get("dependencies", {}), *described.get("devDependencies", {})}
    listed = set(re.findall(r"^\| ([\w@/.-]+) \|", DOCS["dependencies.md"], re.M)) - {"package", "---"}
    assert (sorted(names - listed), sorted(listed - names)) == ([], [])
