"""Signing in and out, invitations, members."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from citylab import account_pages as pages

urlpatterns = [
    path(_("staff/sign-in/"), pages.SignIn.as_view(), name="sign-in"),
    path(_("staff/sign-out/"), pages.SignOut.as_view(), name="sign-out"),
    path(_("staff/invitation/<str:token>/"), pages.one_time_link, name="one-time-link"),
    path(_("staff/members/"), pages.members, name="members"),
    path(_("staff/members/<str:username>/leave/"), pages.member_leave, name="member-leave"),
]
