"""Two pages that letters lead to. Opening them changes nothing: mail programs and virus scanners open every link."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from reports import codes, follow_up
from reports.follow_up.verdicts import answers_until, is_asked, said_by
from reports.models import Case, Contact, Report, Verdict
from reports.notifications.links import ANSWER, STOP, token_fits
from reports.notifications.stop import resume, stop_all
from reports.pages.see_other import SeeOther
from reports.progress import public_place

ONE_CLICK = "List-Unsubscribe"  # the name of RFC 8058's only field


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """One button that stops the letters about a report, and afterwards one that takes it back.

    A mail program's one-click POST is answered 200 without a redirect, as RFC 8058 asks. Done twice it is the same.
    """
    report = _report(code, token, STOP)
    if request.method == "POST":
        if request.POST.get("again"):
            resume(report)
        else:
            stop_all(report)
        if ONE_CLICK not in request.POST:
            return _private(SeeOther(request.path))
    contact = Contact.objects.filter(report=report).first()
    context = {"code": report.code, "place": public_place(report), "contact": contact, "stopped": contact is not None and contact.stopped_at is not None}
    return _private(render(request, "resident/stopped.html", context))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """“Is it clean?” for the reporter who got the letter. `?answer=` marks a button; only the button answers."""
    report = _report(code, token, ANSWER)
    trouble = ""
    if request.method == "POST":
        said = {"clean": True, "dirty": False}.get(request.POST.get("answer", ""))
        if said is None or report.case is None:
            trouble = _("Choose one of the two answers.")
        else:
            try:
                follow_up.give_verdict(report.case, said, Verdict.Source.REPORTER, report=report)
            except follow_up.NotTaken as refusal:
                trouble = _why_not(refusal)
            else:
                return _private(SeeOther(request.path))
    case = _standing(report.case)
    context = {
        "code": report.code, "place": public_place(report), "case": case, "asked": is_asked(case), "until": answers_until(case),
        "said": said_by(case, report=report) if case and case.cleaned_at else None, "marked": request.GET.get("answer", ""), "trouble": trouble,
    }  # fmt: skip
    return _private(render(request, "resident/answer.html", context, status=422 if trouble else 200))


def _report(code: str, token: str, purpose: str) -> Report:
    """The report that this token opens. Raises Http404, whether the code or the token is wrong."""
    known = codes.parse_code(code)
    reports = Report.objects.select_related("case__area", "case__merged_into", "area")
    report = reports.filter(code=known).first() if known else None
    if report is None or not token_fits(token, purpose, report.uuid):
        raise Http404
    return report


def _standing(case: Case | None) -> Case | None:
    while case is not None and case.merged_into is not None:
        case = case.merged_into
    return case


def _why_not(refusal: follow_up.NotTaken) -> str:
    if refusal.code == "too_late":
        return _("The time to answer is over. Report the waste anew, if it is there.")
    return _("This place is not waiting for an answer any more.")


def _private(response: HttpResponse) -> HttpResponse:
    """Nobody keeps the page, and nobody is told its address."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
