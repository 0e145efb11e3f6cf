"""The answer to a form that was taken."""

from __future__ import annotations

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """The browser fetches the next page with GET, and a reload sends nothing twice."""

    status_code = 303
