"""Who works here: members with a role and areas, teams, what they sign in with, partners' keys, and the periods a job has done."""

from datetime import time

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from citylab import second_step_key


class Role(models.TextChoices):
    """What a member is here to do; `citylab/permissions.py` says what each may."""

    OFFICER = "officer", _("ward officer")
    DISPATCHER = "dispatcher", _("dispatcher")
    ANALYST = "analyst", _("analyst")
    MANAGER = "manager", _("manager")
    ADMINISTRATOR = "administrator", _("administrator")


class Member(AbstractUser):
    """A person of the staff. `areas` are those of a ward officer, who sees nothing without any; other roles see the whole city."""

    role = models.CharField(max_length=14, choices=Role, default=Role.OFFICER)
    areas = models.ManyToManyField("reports.Area", blank=True, related_name="members")
    left_at = models.DateTimeField(null=True, blank=True, help_text="When the person left and handed over")
    opens_contacts = models.BooleanField(null=True, blank=True, help_text="Whether they may open contact details; null is as the role has it")
    wants_digest = models.BooleanField(default=True, db_default=True, help_text="Gets the letter of 07:00, and hazards at once")
    second_step_at = models.DateTimeField(null=True, blank=True, help_text="Since when signing in takes a code of their phone as well")

    class Meta:
        verbose_name, verbose_name_plural = _("member"), _("members")
        constraints = [models.CheckConstraint(name="member_role_known", condition=Q(role__in=Role.values))]

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class Team(models.Model):
    """People who clean together, in some areas."""

    name = models.CharField(max_length=80, unique=True)
    body = models.ForeignKey("reports.Body", null=True, blank=True, on_delete=models.SET_NULL, related_name="teams")
    members = models.ManyToManyField(Member, blank=True, related_name="teams")
    areas = models.ManyToManyField("reports.Area", blank=True, related_name="teams")
    capacity = models.PositiveSmallIntegerField(default=12, db_default=12, help_text="Waste sites that it can clean in a shift")
    starts_at = models.TimeField(default=time(7), db_default=time(7), help_text="When its shift begins, by the city's clocks")
    ends_at = models.TimeField(default=time(17), db_default=time(17), help_text="When its shift ends; its links end then")
    active = models.BooleanField(default=True, db_default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("team"), _("teams")

    def __str__(self) -> str:
        return self.name


class OneTimeLink(models.Model):
    """An invitation: works once, until it expires. Only the hash of its token is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.CASCADE, related_name="links", help_text="Null makes the first administrator")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class Phone(TOTPDevice):
    """What makes a member's codes. Its key is sealed: who reads a copy of the database cannot make any."""

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        return second_step_key.opened(self.key)


class RecoveryCode(models.Model):
    """A code for somebody whose phone is gone: signs in once instead of the phone's code. Only its hash is kept."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True, blank=True)


class ApiKey(models.Model):
    """A partner's key to the open interface: reads larger pages, and nothing else. Only its hash is kept."""

    name = models.CharField(max_length=80, help_text="Whose it is, and what for")
    start = models.CharField(max_length=12, help_text="Its first letters, to tell it from others")
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True, help_text="When it was last used, to the minute or so")
    revoked_at = models.DateTimeField(null=True, blank=True)


class JobRun(models.Model):
    """A period that a periodic job has done: a second clock finds the row and does nothing."""

    job = models.CharField(max_length=40)
    period = models.CharField(max_length=40)
    done_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="job_once_a_period", fields=["job", "period"])]
