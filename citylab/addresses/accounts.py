"""Signing in and out, invitations, members."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from citylab import account_pages as pages
from citylab import api_key_pages, own_account_pages, second_step_pages

urlpatterns = [
    path(_("staff/sign-in/"), pages.SignIn.as_view(), name="sign-in"),
    path(_("staff/sign-in/code/"), second_step_pages.code, name="second-step"),
    path(_("staff/sign-out/"), pages.SignOut.as_view(), name="sign-out"),
    path(_("staff/invitation/<str:token>/"), pages.one_time_link, name="one-time-link"),
    path(_("staff/members/"), pages.members, name="members"),
    path(_("staff/members/<str:username>/leave/"), pages.member_leave, name="member-leave"),
    path(_("staff/account/"), own_account_pages.account, name="account"),
    path(_("staff/account/second-step/"), second_step_pages.setup, name="second-step-setup"),
    path(_("staff/api-keys/"), api_key_pages.keys, name="api-keys"),
    path(_("staff/api-keys/<int:row>/revoke/"), api_key_pages.revoke, name="api-key-revoke"),
]
