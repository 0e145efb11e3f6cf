"""`bin/compose-env NAME`: the secrets and the address of an installation in containers, as an `.env` file."""

from __future__ import annotations

import secrets

from stack.https import is_internal
from stack.secret_values import MAKERS
from stack.sentences import CannotGoOn, run_command

PASSWORDS = ("POSTGRES_PASSWORD", "CITYLAB_OWNER_PASSWORD", "CITYLAB_APP_PASSWORD")


def main(arguments: list[str]) -> int:
    """Prints NAME=VALUE lines; nothing is written, so that no secret is overwritten by mistake."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise CannotGoOn("say under which name the site will be reached: bin/compose-env citylab.example.org > .env")
    values = {"CITYLAB_DOMAIN": arguments[0], "CITYLAB_TLS": "tls internal" if is_internal(arguments[0]) else ""}
    values |= {name: make() for name, make in MAKERS.items()}
    values |= {name: secrets.token_urlsafe(30) for name in PASSWORDS}
    for name, value in values.items():
        print(f"{name}={value}")
    return 0


if __name__ == "__main__":
    run_command("bin/compose-env", main)
