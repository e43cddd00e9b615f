"""Doors, groups of doors, and the cards that open them (附二.5)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from devices.states import CardStatus


class Door(models.Model):
    """A door or gate under access control. What it does without power decides whether it lets people out in a fire."""

    class Mode(models.TextChoices):
        FAIL_SAFE = "fail_safe", _("Opens without power")
        FAIL_SECURE = "fail_secure", _("Stays locked without power")

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="doors")
    code = models.CharField(_("Code"), max_length=20)
    name = models.CharField(_("Name"), max_length=60)
    place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, related_name="doors")
    controller = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="doors"
    )
    mode = models.CharField(_("Without power"), max_length=12, choices=Mode)
    hours = models.CharField(_("Hours of passage"), max_length=120, blank=True)
    is_active = models.BooleanField(_("In use"), default=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["hall", "code"], name="door_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DoorGroup(models.Model):
    """Doors that are given together."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="door_groups")
    name = models.CharField(_("Name"), max_length=60)
    note = models.CharField(_("Remark"), max_length=200, blank=True)
    doors = models.ManyToManyField(Door, related_name="groups")
    is_active = models.BooleanField(_("In use"), default=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["hall", "name"], name="door_group_once")]

    def __str__(self) -> str:
        return self.name


class AccessCard(models.Model):
    """One card. Its number is kept as a keyed hash and its last four signs; no output ever shows more.

    The rights stay on the card as they were given, for the record; what they open now devices.finds.access says: a card
    that is not in use, not yet or no longer valid, or held by somebody who has left opens nothing.
    """

    class Kind(models.TextChoices):
        STAFF = "staff", _("Staff")
        TEMPORARY = "temporary", _("Temporary")
        VISITOR = "visitor", _("Visitor")
        CONTRACTOR = "contractor", _("Contractor's")

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="access_cards")
    number_hash = models.CharField(max_length=64)
    last4 = models.CharField(_("Last four signs"), max_length=4)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="access_cards"
    )
    holder_name = models.CharField(_("Holder"), max_length=40)
    left_on = models.DateField(_("Left on"), null=True, blank=True)
    """The day on which a holder without an account left, as somebody entered it."""
    unit = models.ForeignKey(
        "parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="access_cards"
    )
    kind = models.CharField(_("Kind"), max_length=12, choices=Kind)
    groups = models.ManyToManyField(DoorGroup, related_name="cards", blank=True)
    doors = models.ManyToManyField(Door, related_name="cards", blank=True)
    valid_from = models.DateField(_("Valid from"))
    valid_to = models.DateField(_("Valid until"))
    status = models.CharField(_("Status"), max_length=12, choices=CardStatus, default=CardStatus.IN_USE)
    status_reason = models.CharField(_("Why this status"), max_length=200, blank=True)
    status_since = models.DateTimeField()
    requested_by = models.CharField(_("Asked for by"), max_length=40)
    approved_by = models.CharField(_("Approved by"), max_length=40)
    document = models.CharField(_("Approved in"), max_length=80)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["holder_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["hall", "number_hash"],
                condition=Q(status__in=[CardStatus.IN_USE, CardStatus.LOST, CardStatus.EXPIRED]),
                name="access_card_number_once",
            ),
            models.CheckConstraint(condition=Q(status__in=CardStatus.values), name="access_card_status_known"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="access_card_ends_after_start"),
            models.CheckConstraint(condition=~Q(requested_by=F("approved_by")), name="access_card_two_people"),
        ]
        indexes = [
            models.Index(fields=["hall", "status", "valid_to"], name="access_card_by_end"),
            models.Index(fields=["hall", "holder_name"], name="access_card_by_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.masked} {self.holder_name}"

    @property
    def masked(self) -> str:
        """The number as everybody sees it."""
        return f"****{self.last4}"
