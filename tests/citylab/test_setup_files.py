"""Set-up as files: package lists, lock files, the container image and compose.yaml say the same and hold no secret."""

from __future__ import annotations

import json
import os
import re
import subprocess
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
LISTS = sorted((ROOT / "bin" / "packages").glob("*.txt"))
LOCKS = [*ROOT.glob("requirements*.lock"), ROOT / "bin" / "packages" / "uv.requirements", ROOT / "package-lock.json"]
LOCKS.append(ROOT / "tests" / "benchmarks" / "lighthouse" / "package-lock.json")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SITE = ("web", "worker", "relay", "beat")


def compose_schema() -> dict:
    """The Compose Specification's own schema, as the package check-jsonschema carries it."""
    return json.loads((resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text())


def bash(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )  # fmt: skip


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_lock_file_names_a_registry(lock):
    lines = lock.read_text().splitlines()
    forbidden = re.compile(r"--(extra-)?index-url|--find-links|\bregistry = |\burl = |\"resolved\":|@ (file|https?):")
    assert [line for line in lines if forbidden.search(line)] == []
    if lock.suffix != ".json":
        assert [line for line in lines if "://" in line] == []


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock.suffix != ".json"], ids=lambda path: path.name)
def test_every_locked_python_package_has_its_hashes(lock):
    named = re.findall(r"^[a-z0-9._-]+==\S+.*$", lock.read_text(), re.M)
    assert named and all(line.rstrip().endswith("\\") for line in named)


@pytest.mark.parametrize("package_list", LISTS, ids=lambda path: path.stem)
def test_every_debian_package_says_how_to_see_that_it_is_there(package_list):
    lines = [line for line in package_list.read_text().splitlines() if not line.startswith("#")]
    assert lines and all(len(line.split(None, 1)) == 2 for line in lines)


def test_only_the_packages_that_are_missing_are_named(tmp_path):
    (tmp_path / "bin" / "packages").mkdir(parents=True)
    (tmp_path / "bin" / "packages" / "some.txt").write_text(
        "# a comment\nthere  true\nabsent  false\nalso-absent  command -v no-such-thing\n"
    )
    found = bash(f'source bin/lib/prepare.sh; ROOT="{tmp_path}"; missing_packages some')
    assert found.stdout.split() == ["absent", "also-absent"], found.stderr


def test_without_root_and_sudo_the_missing_packages_are_named_in_a_sentence(tmp_path):
    (tmp_path / "bin" / "packages").mkdir(parents=True)
    (tmp_path / "bin" / "packages" / "some.txt").write_text("absent-package  false\n")
    for name, text in {"id": "echo 1000", "apt-get": "exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    script = f'source bin/lib/prepare.sh; ROOT="{tmp_path}"; PATH="{tmp_path}"; hash -r; install_packages some'
    done = bash(script)
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "Ask an administrator to run: apt-get install --no-install-recommends absent-package"
    )


def test_compose_follows_the_compose_specification():
    schema = compose_schema()
    jsonschema.Draft202012Validator(schema).validate(COMPOSE)


def test_the_schema_refuses_a_compose_file_that_is_wrong():
    schema = compose_schema()
    wrong = {**COMPOSE, "services": {"web": {"image": "citylab", "health_check": {}}}}
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(wrong))


def test_every_container_has_an_init_process_and_every_server_a_health_check():
    services = COMPOSE["services"]
    assert all(service["init"] for service in services.values())
    assert {name for name, service in services.items() if "healthcheck" in service} == {
        "database",
        "broker",
        "web",
        "caddy",
    }


def test_containers_run_the_same_processes_as_bin_up():
    source = (ROOT / "bin" / "stack" / "services.py").read_text()
    assert json.loads(re.search(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.M)[1]) == ["python", "-P", "-m", "stack.services"]
    for name in SITE:
        assert COMPOSE["services"][name]["command"] == [name]
        assert f'"{name}": ' in source


def test_the_application_containers_do_not_know_the_owners_password():
    for name in SITE:
        assert "OWNER" not in json.dumps(COMPOSE["services"][name]["environment"])


def test_every_variable_of_compose_is_made_by_compose_env():
    made = {line.split("=")[0] for line in bash("bin/compose-env citylab.internal").stdout.splitlines()}
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert asked <= made
    assert {"SECRET_KEY", "CITYLAB_TOKEN_KEY", "CITYLAB_REPORTER_KEY", "CITYLAB_CONTACT_KEY"} <= made


def test_no_secret_is_in_the_image_or_in_compose():
    assert {".env", ".local", ".git"} <= set((ROOT / ".dockerignore").read_text().split())
    for name in ("SECRET_KEY", "CITYLAB_TOKEN_KEY", "CITYLAB_CONTACT_KEY"):
        assert name not in DOCKERFILE
        assert f"{name}:" not in (ROOT / "compose.yaml").read_text()


def test_the_image_is_built_from_the_package_lists_of_bin_up():
    lists = re.search(r'prepare "([a-z ]+)" ([a-z.-]+)', DOCKERFILE)
    assert lists and {path.stem for path in LISTS} >= set(lists[1].split())
    assert lists[2] == "requirements.lock"
    steps = bash("bin/lib/dockerfile-steps Dockerfile")
    assert steps.returncode == 0, steps.stderr
    assert subprocess.run(["bash", "-n"], input=steps.stdout, text=True).returncode == 0


def test_every_setting_that_the_code_reads_is_documented_and_every_documented_one_is_read():
    read: set[str] = set()
    pattern = re.compile(r"""(?:env(?:\.\w+)?\(|environ(?:\.get\(|\[)|Env\(\)\()\s*["']([A-Z][A-Z0-9_]+)["']""")
    for folder in ("citylab", "reports", "analytics", "bin/stack", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.parent.name != "benchmarks":  # they talk to processes of their own
                read |= set(pattern.findall(path.read_text()))
    read |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    read -= {"PATH", "DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE", "PYTHONPATH", "CI", "HOME"}
    table = (ROOT / "docs" / "operators.md").read_text().split("## Settings")[1]
    rows = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", rows))
    assert read - documented == set()
    assert documented - read == set()


def test_the_operators_page_names_every_option_of_bin_up():
    options = set(re.findall(r"--[a-z]+", bash("bin/up --help").stdout)) - {"--help"}
    page = (ROOT / "docs" / "operators.md").read_text()
    assert options and {option for option in options if f"`{option}" not in page} == set()


def test_every_command_on_the_operators_page_exists():
    from django.core.management import get_commands

    page = (ROOT / "docs" / "operators.md").read_text()
    named = set(re.findall(r"(?:bin/manage|manage\.py) ([a-z_]+)", page))
    assert named and named <= set(get_commands())
