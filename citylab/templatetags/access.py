"""What pages ask about the member who reads them, so that nobody is offered what would be refused."""

from __future__ import annotations

from django import template

from citylab import permissions, second_step

register = template.Library()


@register.filter
def works(user: object) -> bool:
    """Whether this member works on what comes in, rather than only reading it."""
    return permissions.may_work(user)


@register.filter
def opens_contacts(user: object) -> bool:
    """Whether this member may open contact details."""
    return permissions.may_open_contacts(user)


@register.filter
def must_set_up(user: object) -> bool:
    """Whether nothing else is open to this member before the second step is set up."""
    return second_step.is_missing(user)
