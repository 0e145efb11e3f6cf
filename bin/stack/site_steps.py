"""The steps between a database and a site that can be served, in one process because each start of Django costs seconds.

Runs with the owner's database role. Progress goes to stderr; stdout carries one JSON object for `bin/up`: where the
staff's pages are and, until there is an administrator, the one-time link that makes one.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Migrates, loads the city pack, collects the static files, and says what `bin/up` has to announce."""
    parser = argparse.ArgumentParser(prog="stack.site_steps")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--database-only", action="store_true")
    options = parser.parse_args(arguments)

    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citylab.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.urls import reverse
    from django.utils import translation

    django.setup()
    progress = {"stdout": sys.stderr, "stderr": sys.stderr}
    call_command("migrate", interactive=False, verbosity=0, **progress)
    call_command("load_city", verbosity=0, **progress)
    if options.demo:
        print("Loading the demonstration data", file=sys.stderr, flush=True)
        call_command("load_demo", **progress)
    if not options.database_only:
        _collect_static()
        link = io.StringIO()
        call_command("first_admin_link", "--if-none", stdout=link)
        with translation.override(settings.LANGUAGE_CODE):
            staff = reverse("staff-home")
        print(json.dumps({"staff": staff, "first_administrator": link.getvalue().strip()}))
    return 0


def _collect_static() -> None:
    """`collectstatic`, which hashes and compresses every file, only when a file has changed."""
    from django.conf import settings
    from django.contrib.staticfiles import finders
    from django.core.management import call_command

    total = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            total.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == total.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, stdout=sys.stderr)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(total.hexdigest())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
