"""POST /api/v1/reports/: a report comes in, a receipt goes out."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from citylab.problems import problem
from reports.api import schemas
from reports.api.body import LimitedJSONParser, submission_of
from reports.api.views import ApiView
from reports.intake import KeyTaken, Receipt, Refused, submit_report

RECEIVED = "received"  # the state of a report in its receipt; what becomes of it is told at `url`


class ReportsView(ApiView):
    """Takes a report. The same id with the same content gives the same answer, however often it is sent."""

    parser_classes = (LimitedJSONParser,)

    @extend_schema(**schemas.SEND_REPORT)
    def post(self, request: Request) -> HttpResponse:
        try:
            receipt = submit_report(submission_of(request.data))
        except Refused as refused:
            return problem(
                status.HTTP_400_BAD_REQUEST,
                _("The report cannot be taken as it is"),
                _("Nothing was kept. Correct what is named, then send the report again with the same id."),
                errors=refused.errors,
                codes=refused.codes,
            )
        except KeyTaken as taken:
            return problem(
                status.HTTP_409_CONFLICT,
                _("This id belongs to another report"),
                _("A report with this id and other content was received. Look at its receipt, or send this one with a new id."),
                receipt=taken.receipt.url,
            )
        created = status.HTTP_201_CREATED if receipt.created else status.HTTP_200_OK
        headers = {"Location": receipt.url, "Cache-Control": "no-store"}  # the secret is for the sender alone
        return Response(_answer(receipt), status=created, headers=headers)


def _answer(receipt: Receipt) -> dict[str, str]:
    """The receipt as JSON: the same for a report sent again."""
    return {
        "id": str(receipt.report.uuid),
        "code": receipt.code,
        "url": receipt.url,
        "secret_url": receipt.secret_url,
        "status": RECEIVED,
    }
