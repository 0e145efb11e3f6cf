"""What the case desk keeps beside the cases: saved views of the queue, reply templates, links for crews."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reports.models.report import Problem


class SavedView(models.Model):
    """A queue under a name: its address's query. Without an owner it is one that the product ships."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=500, help_text="As in the address of the queue, without the question mark")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="views")
    shared = models.BooleanField(default=False, help_text="Everybody at the desk sees it; else only its owner")
    position = models.PositiveSmallIntegerField(default=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("saved view"), _("saved views")
        ordering = ["position", "name"]
        constraints = [models.CheckConstraint(name="view_of_nobody_is_shared", condition=~Q(owner=None) | Q(shared=True))]

    def __str__(self) -> str:
        return self.name


class ReplyTemplate(models.Model):
    """A reason in ready words, for a verb and perhaps one kind of problem, as the reporter will read it."""

    class Verb(models.TextChoices):
        REFUSE = "refuse", _("cannot be handled")
        HOLD = "hold", _("put on hold")
        REOPEN = "reopen", _("reopen")
        REROUTE = "reroute", _("pass on to another body")

    verb = models.CharField(max_length=12, choices=Verb)
    problem = models.CharField(max_length=12, choices=Problem, blank=True, help_text="Empty is every kind")
    name = models.CharField(max_length=80)
    text = models.TextField(max_length=1000)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=100)

    class Meta:
        verbose_name, verbose_name_plural = _("reply template"), _("reply templates")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class CrewLink(models.Model):
    """The secret address under which a team finds its work of one shift, without an account. Only the hash of its token is kept."""

    team = models.ForeignKey("citylab.Team", on_delete=models.CASCADE, related_name="links")
    day = models.DateField(help_text="The day whose assignments it shows")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
