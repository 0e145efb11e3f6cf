"""What members change about their own account: the password, and whether letters come."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from citylab.models import Member, Role

GET_LETTERS = (Role.OFFICER, Role.DISPATCHER)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The member's own account. A new password ends every other session of theirs."""
    member: Member = request.user
    verb = request.POST.get("verb")
    form = PasswordChangeForm(member, request.POST if verb == "password" else None)
    form.fields["old_password"].widget.attrs.pop("autofocus", None)  # it stands in the middle of a page
    form.fields["new_password1"].help_text = ""  # the page says it in the city's own words
    if verb == "letters":
        member.wants_digest = request.POST.get("wants_digest") == "1"
        member.save(update_fields=["wants_digest"])
        messages.success(request, _("Saved."))
        return redirect("account")
    if verb == "password" and form.is_valid():
        form.save()
        update_session_auth_hash(request, member)
        messages.success(request, _("The new password holds. Every other session of this account has ended."))
        return redirect("account")
    context = {"form": form, "gets_letters": member.role in GET_LETTERS}
    return render(request, "accounts/account.html", context, status=422 if form.errors else 200)
