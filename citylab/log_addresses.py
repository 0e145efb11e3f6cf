"""Keeps the addresses that people opened out of the logs: some of them are secrets, such as the reporter's own page."""

import logging
from typing import Any


class WithoutAddresses(logging.Filter):
    """Writes the pattern of an address (`p/<str:code>/<str:token>/`) where Django's lines about a request have the address itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", None)
        if path and isinstance(record.args, tuple):
            record.args = tuple(_pattern(record) if value == path else value for value in record.args)
        return True


def _pattern(record: Any) -> str:
    match = getattr(record.request, "resolver_match", None)
    return f"/{match.route}" if match else "an unknown address"
