"""Checks with a signed result: rights of cards, stocktakes, fire-linkage tests, and the list of what was handed over."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.states import CheckStatus


class SignedCheck(models.Model):
    """What all of them share. `content_version` is what a signature stands under; it grows when a finished one is opened again."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("Number"), max_length=40, unique=True)
    status = models.CharField(_("Status"), max_length=14, choices=CheckStatus, default=CheckStatus.OPEN)
    note = models.CharField(_("Remark"), max_length=500, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    content_version = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.code


class RightsCheck(SignedCheck):
    """The quarterly check of what cards may open (附二.5-2)): one a contract and quarter."""

    quarter = models.CharField(_("Quarter"), max_length=7)
    """Such as 2026-Q4."""
    compared = models.JSONField(default=dict, blank=True)
    """What the controller's own list said: at, file, rows, not_in_register and not_in_system (masked numbers and holders)."""

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["contract", "quarter"], name="rights_check_once")]


class RightsLine(models.Model):
    """One right as it was when the check began: a card in one group, or its single doors where `group` is empty."""

    class Decision(models.TextChoices):
        KEEP = "keep", _("Keep")
        WITHDRAW = "withdraw", _("Take away")
        CHANGE = "change", _("To be changed")

    check_of = models.ForeignKey(RightsCheck, on_delete=models.PROTECT, related_name="lines")
    card = models.ForeignKey("devices.AccessCard", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey("devices.DoorGroup", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveIntegerField()
    group_name = models.CharField(max_length=60)
    doors_text = models.CharField(max_length=500, blank=True)
    masked = models.CharField(max_length=8)
    holder_name = models.CharField(max_length=40)
    unit_name = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=12)
    valid_to = models.DateField()
    holder_left = models.BooleanField(default=False)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    note = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["check_of", "card", "group"], condition=Q(group__isnull=False), name="rights_line_once"
            ),
            models.UniqueConstraint(
                fields=["check_of", "card"], condition=Q(group__isnull=True), name="rights_line_single_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_name} {self.masked} {self.holder_name}"


class Stocktake(SignedCheck):
    """Books against things (附三.1)): the list is frozen when it begins, each line is counted once by whoever is first."""

    class Kind(models.TextChoices):
        QUARTERLY = "quarterly", _("Quarterly")
        ANNUAL = "annual", _("Annual")
        EXTRA = "extra", _("Extra")

    kind = models.CharField(_("Kind"), max_length=10, choices=Kind)
    place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    category = models.ForeignKey(
        "devices.DeviceCategory", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key_only = models.BooleanField(_("Key devices only"), default=False)
    scope_text = models.CharField(max_length=200)
    expected = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0)
    elsewhere = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    surplus = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-started_at", "-id"]


class StocktakeLine(models.Model):
    """One device of the frozen list, with its names as they were."""

    class Outcome(models.TextChoices):
        HERE = "here", _("Found here")
        ELSEWHERE = "elsewhere", _("Found at another place")
        MISSING = "missing", _("Not found")

    class How(models.TextChoices):
        SCAN = "scan", _("Scanned")
        MANUAL = "manual", _("By hand")

    class Decision(models.TextChoices):
        MOVE = "move", _("Enter the new place")
        PUT_BACK = "put_back", _("Put back to its place")
        STOP = "stop", _("Take out of use")
        CORRECT = "correct", _("Correct the register by hand")

    stocktake = models.ForeignKey(Stocktake, on_delete=models.PROTECT, related_name="lines")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=30)
    short_code = models.CharField(max_length=8)
    name = models.CharField(max_length=80)
    category_name = models.CharField(max_length=40)
    place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, related_name="+")
    place_name = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    found_place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    found_name = models.CharField(max_length=60, blank=True)
    how = models.CharField(max_length=8, choices=How, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    counted_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decision_note = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["stocktake", "device"], name="stocktake_line_once")]
        indexes = [models.Index(fields=["device", "-counted_at"], name="stocktake_line_by_device")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StocktakeSurplus(models.Model):
    """A thing that was found and is not on the list: unknown to the register, or of another scope (`device`)."""

    class Decision(models.TextChoices):
        REGISTER = "register", _("Enter into the register")
        LEAVE = "leave", _("Leave it out")

    stocktake = models.ForeignKey(Stocktake, on_delete=models.PROTECT, related_name="surpluses")
    description = models.CharField(_("What was found"), max_length=200)
    place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    place_name = models.CharField(max_length=60, blank=True)
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decision_note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stocktake", "device"], condition=Q(device__isnull=False), name="stocktake_surplus_once"
            )
        ]

    def __str__(self) -> str:
        return self.description


class LinkageTest(SignedCheck):
    """Broadcast and doors under the fire alarm (附二.8-4)): who was there, what was cut over and let go, what came of it."""

    class Result(models.TextChoices):
        PASSED = "passed", _("Passed")
        REMARKS = "remarks", _("Passed with remarks")
        FAILED = "failed", _("Not passed")

    tested_on = models.DateField(_("Day of the test"))
    ours = models.CharField(_("Our people"), max_length=200)
    fire_vendor = models.CharField(_("Fire maintenance"), max_length=200)
    client_people = models.CharField(_("People of the client"), max_length=200)
    result = models.CharField(_("Result"), max_length=10, choices=Result, blank=True)

    class Meta:
        ordering = ["-tested_on", "-id"]


class LinkageZone(models.Model):
    """One zone of the broadcast: when it was cut over and restored, and whether it was heard."""

    test = models.ForeignKey(LinkageTest, on_delete=models.PROTECT, related_name="zones")
    position = models.PositiveIntegerField()
    name = models.CharField(_("Zone"), max_length=80)
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cut_at = models.TimeField(_("Cut over at"), null=True, blank=True)
    heard = models.BooleanField(_("Heard"), null=True, blank=True)
    restored_at = models.TimeField(_("Restored at"), null=True, blank=True)
    note = models.CharField(_("What was not right"), max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class LinkageDoor(models.Model):
    """One door that has to open in a fire."""

    test = models.ForeignKey(LinkageTest, on_delete=models.PROTECT, related_name="doors")
    position = models.PositiveIntegerField()
    name = models.CharField(_("Door"), max_length=90)
    door = models.ForeignKey("devices.Door", on_delete=models.PROTECT, related_name="+")
    released = models.BooleanField(_("Let go"), null=True, blank=True)
    note = models.CharField(_("What was not right"), max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class HandoverList(SignedCheck):
    """What the client has handed over for the work (五.1(1)): office space, keys, network points, furniture, accounts."""

    title = models.CharField(_("Title"), max_length=80)
    handed_on = models.DateField(_("Handed over on"))
    from_name = models.CharField(_("Handed over by"), max_length=40)
    to_name = models.CharField(_("Taken over by"), max_length=40)

    class Meta:
        ordering = ["-handed_on", "-id"]


class HandoverItem(models.Model):
    """One thing on the list. What was owed and not handed over is kept as missing: a fact for an exemption."""

    class Kind(models.TextChoices):
        OFFICE = "office", _("Office space")
        KEY = "key", _("Keys")
        NETWORK = "network", _("Network points")
        FURNITURE = "furniture", _("Furniture")
        ACCOUNT = "account", _("Accounts")
        OTHER = "other", _("Other")

    list_of = models.ForeignKey(HandoverList, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind)
    name = models.CharField(_("Name"), max_length=80)
    place = models.CharField(_("Place"), max_length=60, blank=True)
    quantity = models.PositiveIntegerField(_("Quantity"))
    unit = models.CharField(_("Unit of counting"), max_length=8, blank=True)
    condition = models.CharField(_("Condition"), max_length=120, blank=True)
    is_missing = models.BooleanField(_("Not handed over"), default=False)
    missing_note = models.CharField(_("What is missing, and since when"), max_length=200, blank=True)
    returned_on = models.DateField(_("Returned on"), null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
