"""The pages of the second step: the code after the password, and setting it up."""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from citylab import second_step
from citylab.models import Member


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code, after a right password. Without one, or too late, it begins anew."""
    half_way = second_step.half_way(request)
    if half_way is None:
        return redirect("sign-in")
    member, then = half_way
    credentials = {"username": member.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return get_lockout_response(request, None, credentials)
    wrong = False
    if request.method == "POST":
        if _is_right(request, member):
            second_step.complete(request, member)
            return redirect(then or settings.LOGIN_REDIRECT_URL)
        wrong = True
    return render(request, "accounts/second_step.html", {"wrong": wrong}, status=422 if wrong else 200)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Set the second step up, set it up anew, or switch it off. Whoever has it proves it once more before it changes."""
    member: Member = request.user
    fault = ""
    if request.method == "POST":
        verb = request.POST.get("verb")
        proved = member.second_step_at is None or _is_right(request, member)
        if not proved:
            fault = _("This code is not right, or was used already. Wait for the next one.")
        elif verb == "off" and member.second_step_at is not None:
            second_step.switch_off(member)
            messages.success(request, _("Signing in takes the password alone again."))
            return redirect("second-step-setup")
        elif verb == "anew" and member.second_step_at is not None:
            second_step.switch_off(member)
            return redirect("second-step-setup")
        elif verb == "set-up" and member.second_step_at is None:
            codes = second_step.set_up(request, request.POST.get("new_code", ""))
            if codes:
                return render(request, "accounts/recovery_codes.html", {"codes": codes})
            fault = _("The phone shows another code. Scan the picture again, and look whether the phone’s clock is right.")
    context: dict[str, object] = {"fault": fault, "required": second_step.is_missing(member), "left": second_step.codes_left(member)}
    if member.second_step_at is None:
        device = second_step.new_device(request)
        context |= {"picture": second_step.picture(device), "letters": second_step.letters(device), "address": device.config_url}
    return render(request, "accounts/second_step_setup.html", context, status=422 if fault else 200)


def _is_right(request: HttpRequest, member: Member) -> bool:
    """Whether the code in the form is right; a wrong one is counted like a wrong password, and after ten none is looked at."""
    if not AxesProxyHandler.is_allowed(request, {"username": member.username}):
        return False
    if second_step.is_right(member, request.POST.get("code", "")):
        return True
    user_login_failed.send(sender=__name__, credentials={"username": member.username}, request=request)
    return False
