"""Ways out of the house: what a contract has set up, what people choose for themselves, and which inner addresses may be used."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """Every way a message can take. In the app is always on; the others only once they are set up."""

    IN_APP = "in_app", _("In the app")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    WEBHOOK = "webhook", _("Webhook")
    WECOM = "wecom", _("WeCom robot")
    DINGTALK = "dingtalk", _("DingTalk robot")
    FEISHU = "feishu", _("Feishu robot")


PERSONAL = (Channel.EMAIL, Channel.SMS, Channel.WEBHOOK)
"""Reach one person; a webhook may also be set up for a group."""
ROBOTS = (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU)
"""Post to a group chat."""


class ChannelConfig(models.Model):
    """One channel of one contract. What is secret (address with its key, password, signing secret) lies sealed in `sealed`.

    `target` is the part of the address that may be shown. A target that fails stops being asked until `closed_until`; between two
    posts of a robot lies the pause its platform asks for (`next_post_at`). Both are kept here, so that all processes agree.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="channels")
    kind = models.CharField(
        _("Notification channel"), max_length=10, choices=[one for one in Channel.choices if one[0] != "in_app"]
    )
    name = models.CharField(_("Name"), max_length=40)
    is_enabled = models.BooleanField(_("Switched on"), default=False)
    to_group = models.BooleanField(_("One post for a group"), default=False)
    topics = models.JSONField(_("Topics"), default=list, blank=True)
    settings = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    target = models.CharField(_("Target"), max_length=200)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True, blank=True)
    next_post_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "name"], name="channel_name_once"),
            models.UniqueConstraint(
                fields=["contract", "kind"],
                condition=models.Q(is_enabled=True, to_group=False),
                name="channel_personal_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ChannelChoice(models.Model):
    """What a person wants to hear where: topic → channels, and the hours in which only urgent things may reach them.

    `wecom_id` and `feishu_id` are the names under which a robot can mention the person.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="channel_choice")
    topics = models.JSONField(default=dict)
    quiet_from = models.TimeField(_("Quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("Quiet until"), null=True, blank=True)
    wecom_id = models.CharField(_("WeCom account"), max_length=64, blank=True)
    feishu_id = models.CharField(_("Feishu user id"), max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="channel_choice_quiet_both",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"


class InternalTarget(models.Model):
    """A network inside the house that channels of a contract may reach, set by the administrator; taken back, never deleted."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    cidr = models.CharField(_("Network"), max_length=50)
    ports = models.JSONField(_("Ports"), default=list, blank=True)
    note = models.CharField(_("What it is for"), max_length=120)
    is_active = models.BooleanField(default=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["cidr", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "cidr"], condition=models.Q(is_active=True), name="internal_target_once"
            )
        ]

    def __str__(self) -> str:
        return self.cidr
