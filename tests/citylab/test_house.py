"""The house keeps its shape: who may import whom, no foreign host, no secret (lock files: test_setup_files.py)."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows; every file below the folders where there is no repository (an image, an archive)."""
    done = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]
    return [path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()]


def imports(path: Path) -> set[str]:
    """Names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_reports_never_imports_analytics():
    guilty = [
        path.relative_to(ROOT)
        for path in (ROOT / "reports").rglob("*.py")
        if any(name.split(".")[0] == "analytics" for name in imports(path))
    ]
    assert guilty == []


@pytest.mark.parametrize("module", ["hotspots", "trends", "domain", "neighbours", "weeks", "analysis", "scale"])
def test_the_mathematics_knows_nothing_of_django(module):
    used = {name.split(".")[0] for name in imports(ROOT / "analytics" / f"{module}.py")}
    assert not used & {"django", "rest_framework", "celery", "reports", "citylab"}


@pytest.mark.parametrize("module", ["rule", "nearness"])
def test_the_rule_of_grouping_knows_nothing_of_django(module):
    used = imports(ROOT / "reports" / "grouping" / f"{module}.py")
    assert not {name.split(".")[0] for name in used} & {"django", "rest_framework", "celery", "citylab"}
    assert {name for name in used if name.startswith("reports.")} <= {"reports.grouping.nearness"}


def test_uv_lock_stays_out_of_the_repository():
    assert tracked("uv.lock") == []
    assert "uv.lock" in (ROOT / ".gitignore").read_text()


def test_every_file_of_the_lists_is_locked_with_a_hash():
    for name in ("requirements.lock", "requirements-test.lock"):
        blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text())
        assert all("--hash=sha256:" in block for block in blocks if block.strip())


def test_no_page_or_style_names_a_foreign_host():
    files = [*tracked("citylab/templates/**", "citylab/templates/*"), *tracked("citylab/static/**"), *tracked("citylab/frontend/**")]
    assert files
    guilty = []
    for path in files:
        if path.suffix not in {".html", ".css", ".js", ".mjs", ".svg", ".txt"}:
            continue
        for url in re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"'<>)]*", path.read_text("utf-8")):
            if "www.w3.org" not in url:  # the names of XML vocabularies, never fetched
                guilty.append((path.name, url))
    assert guilty == []


def test_nothing_committed_is_a_secret():
    names = [path.name for path in tracked("*")]
    assert not [name for name in names if re.search(r"\.(pem|key|env)$|^secrets", name)]


def test_the_root_holds_what_the_design_names():
    for name in ("manage.py", "pyproject.toml", "README.md", "compose.yaml", "Dockerfile", "citylab", "reports", "analytics", "tests", "docs",
                 "bin/up", "bin/test", "bin/manage", "bin/bench", ".ci/run"):  # fmt: skip
        assert (ROOT / name).exists(), name
