"""Forms of the queue's saved views: keep one, rename it, delete it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from reports.pages.see_other import SeeOther
from reports.queue.saved_views import MOST_OWN, NotSaved, canonical, own_view, rename_view, save_view


@require_POST
def saved_views(request: HttpRequest) -> HttpResponse:
    """Keeps the queue that the form names under a name of one's own."""
    query, name = canonical(request.POST.get("query", "")), request.POST.get("name", "")
    try:
        view = save_view(request.user, name, query, shared=request.POST.get("shared") == "1")
    except NotSaved as why:
        messages.error(request, _sentence(why))
        return SeeOther(f"{reverse('queue')}?{query}" + (f"&{urlencode({'view_name': name})}" if name.strip() else ""))
    messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return SeeOther(f"{reverse('queue')}?{view.query}")


@require_POST
def saved_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Renames or deletes a view; only its owner can, and administrators what is shared."""
    view = own_view(request.user, slug)
    if view is None:
        raise Http404
    if request.POST.get("verb") == "delete":
        view.delete()
        messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
        return SeeOther(reverse("queue"))
    try:
        rename_view(view, request.POST.get("name", ""), shared=request.POST.get("shared") == "1")
        messages.success(request, _("The view is called “%(name)s” now.") % {"name": view.name})
    except NotSaved as why:
        messages.error(request, _sentence(why))
    return SeeOther(f"{reverse('queue')}?{view.query}")


def _sentence(why: NotSaved) -> str:
    return {
        "no_name": _("A view needs a name."),
        "too_long": _("This list has too many filters to be kept."),
        "too_many": _("%(n)s views are the most that one person keeps. Delete one first.") % {"n": MOST_OWN},
    }[why.why]
