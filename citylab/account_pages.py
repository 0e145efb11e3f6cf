"""Signing in and out, redeeming an invitation, the list of members."""

from django import forms
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from citylab import accounts, second_step
from citylab.exports import asked_for
from citylab.models import Member

MEMBER_COLUMNS = ("username", "name", "role", "areas", "active", "last_login", "left_at")


class SignIn(views.LoginView):
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form) -> HttpResponse:
        if second_step.enter(self.request, form.get_user(), self.get_redirect_url()):
            return HttpResponseRedirect(self.get_success_url())
        return redirect("second-step")


class SignOut(views.LogoutView):
    http_method_names = ["post", "options"]


class FirstPassword(SetPasswordMixin, forms.Form):
    """A new password, twice; the first administrator also chooses a user name."""

    username = forms.CharField(label=gettext_lazy("User name"), max_length=150)
    password1, password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, member: Member | None, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        if member is not None:
            del self.fields["username"]

    def clean_username(self) -> str:
        name = self.cleaned_data["username"].strip()
        Member.username_validator(name)
        if Member.objects.filter(username=name).exists():
            raise ValidationError(_("Somebody has this user name already."))
        return name

    def clean(self) -> dict:
        self.validate_passwords()
        self.validate_password_for_user(self.member or Member(username=self.cleaned_data.get("username", "")))
        return super().clean()


@require_http_methods(["GET", "POST"])
def one_time_link(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation: set a password, and be signed in."""
    try:
        link = accounts.open_link(token)
        form = FirstPassword(link.member, request.POST or None)
        if request.method == "POST" and form.is_valid():
            member = accounts.redeem(token, form.cleaned_data["password1"], form.cleaned_data.get("username", ""))
            return redirect("staff-home" if second_step.enter(request, member) else "second-step")
    except accounts.Spent:
        return render(request, "accounts/link_spent.html", status=410)
    response = render(request, "accounts/set_password.html", {"form": form, "member": link.member})
    # Not “no-referrer”: with it a browser sends “Origin: null”, and the form would fail its own CSRF check.
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """Everybody who works here; a CSV brings more."""
    invited = None
    if request.method == "POST" and (file := request.FILES.get("file")):
        try:
            invited = accounts.invite(file.read().decode("utf-8-sig").splitlines())
        except UnicodeDecodeError:
            messages.error(request, _("The file is not UTF-8 text. Save it as “CSV UTF-8” and send it again."))
    everybody = Member.objects.prefetch_related("areas").order_by("left_at", "username")
    data = asked_for(request, "members", MEMBER_COLUMNS, _member_rows(everybody)) if request.method != "POST" else None
    if data is not None:
        return data
    return render(request, "accounts/members.html", {"members": everybody, "invited": invited})


@require_POST
def member_leave(request: HttpRequest, username: str) -> HttpResponse:
    """A member leaves; their open cases go to the successor named in the form."""
    member = get_object_or_404(Member, username=username, left_at=None)
    if member == request.user:
        messages.error(request, _("Another administrator has to do this for you."))
        return redirect("members")
    successor = None
    if request.POST.get("successor"):
        successor = get_object_or_404(Member, username=request.POST["successor"], is_active=True)
    count = accounts.leave(member, request.user, successor)
    messages.success(request, _("%(name)s left. Open cases handed over: %(count)s.") % {"name": member.display_name, "count": count})
    return redirect("members")


def _member_rows(members):
    for each in members:
        yield each.username, each.display_name, each.role, " ".join(area.code for area in each.areas.all()), each.is_active, each.last_login, each.left_at
