"""The optional worker that looks for people on photos: installs its packages while the site serves, then becomes the worker.

Nothing waits for it. Without network, without packages for this kind of machine, or with CITYLAB_AI=off, every photo
waits for a person, as it does anyway.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from stack import services
from stack.folders import ROOT
from stack.sentences import run_command, say

AGAIN_SECONDS = 6 * 3600  # a network that was away is back by then; a machine that cannot is asked four times a day
INSTALL = 'source "$1/bin/lib/prepare.sh"; install_locks requirements-ai.lock'  # uv itself lets one at a time into .venv
TRIAL = ["-m", "reports.photos.people"]


def wanted() -> bool:
    """Whether the operator wants the worker: yes, unless CITYLAB_AI says off."""
    return os.environ.get("CITYLAB_AI", "on").strip().lower() not in ("off", "0", "no", "false")


def main(arguments: list[str]) -> int:
    """Installs, tries, then becomes the worker; after a failure says so and tries again hours later."""
    os.nice(10)  # residents first
    os.environ.pop("PYTHONPATH", None)  # it named bin/, which is not the site's business
    while not (_succeeds(["bash", "-c", INSTALL, "bin/up", str(ROOT)]) and _succeeds([sys.executable, *TRIAL])):
        say(f"No worker looks for people on photos: each waits for a person. Trying again in {AGAIN_SECONDS // 3600} hours.")
        time.sleep(AGAIN_SECONDS)
    command = services.ai_worker()
    os.execv(command[0], command)


def _succeeds(command: list[str]) -> bool:
    """Runs one step; what it prints goes to the log. A step may be killed: packages can be wrong for this processor."""
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    run_command("bin/up", main)
