"""The staff's pages on cases."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from reports.pages import staff as pages
from reports.pages import today
from reports.pages.desk import case_page, pair_page

urlpatterns = [
    path(_("staff/"), today.today, name="staff-home"),
    path(_("staff/cases/"), pages.cases, name="cases"),
    path(_("staff/cases/<str:code>/"), case_page.case, name="case"),
    path(_("staff/cases/<str:code>/preview/"), case_page.preview, name="case-preview"),
    path(_("staff/cases/<str:code>/or/<str:other>/"), pair_page.pair, name="case-pair"),
    path(_("staff/photos/<int:photo>/<str:size>/"), pages.case_photo, name="case-photo"),
    path(_("staff/failed/"), pages.dead_letters, name="dead-letters"),
    path(_("staff/failed/<str:kind>/<int:row>/retry/"), pages.dead_letter_retry, name="dead-letter-retry"),
]
