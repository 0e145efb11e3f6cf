"""The words for what is stored on a case as a code."""

from django import template

from reports.models.report import Amount, Problem

register = template.Library()


@register.filter
def problem_words(code: str) -> str:
    """“dumped waste” for `dump`; a code that is no longer known stays as it is."""
    return str(Problem(code).label) if code in Problem.values else code


@register.filter
def amount_words(code: str) -> str:
    """“a cart” for `cart`."""
    return str(Amount(code).label) if code in Amount.values else code
