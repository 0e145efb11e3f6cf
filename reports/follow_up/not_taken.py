"""Why something that came after a report was not taken."""

from __future__ import annotations


class NotTaken(Exception):
    """`code` is stable and names the reason; `facts` are what a sentence needs. Nothing was changed."""

    def __init__(self, code: str, **facts: float) -> None:
        super().__init__(", ".join([code, *(f"{name}={value}" for name, value in facts.items())]))
        self.code, self.facts = code, facts
