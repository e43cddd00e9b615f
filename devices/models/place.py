"""Where things stand: a tree of floors, zones, rooms and points, their plans, and what a look at a device found."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.states import SpotVerdict


class Place(models.Model):
    """A place in a hall. `position` is the walking order through the whole tree, each place before what lies in it.

    `designation` says by what the client named an outside place (一.2); `plan` is the drawing on which its devices are pinned.
    """

    class Kind(models.TextChoices):
        HALL = "hall", _("Hall")
        FLOOR = "floor", _("Floor")
        ZONE = "zone", _("Zone")
        ROOM = "room", _("Room")
        POINT = "point", _("Point")

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="places")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    code = models.SlugField(_("Code"), max_length=20)
    name = models.CharField(_("Name"), max_length=60)
    alias = models.CharField(_("Also called"), max_length=60, blank=True)
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind)
    designation = models.CharField(_("Named by the client in"), max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    plan = models.ForeignKey("records.Attachment", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["hall", "code"], name="place_code_once")]

    def __str__(self) -> str:
        return self.name


class PlaceTree(models.Model):
    """The shape of a hall's tree: who changes it claims this row first, so that two moves never make a circle between them."""

    hall = models.OneToOneField("parties.Hall", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.hall} {self.version}"


class OldShortCode(models.Model):
    """A short code that no label should carry any more; whoever scans it is told so."""

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="old_short_codes")
    short_code = models.CharField(max_length=8, unique=True)
    reason = models.CharField(_("Reason"), max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.short_code


class SpotCheck(models.Model):
    """One look at one device, outside of any round: normal, or what was wrong."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="spot_checks")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(_("Verdict"), max_length=10, choices=SpotVerdict)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    """Names the form that was sent, so that the same form sent twice makes one check."""

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["device", "-at", "-id"], name="spot_check_of_device"),
            models.Index(fields=["contract", "-at", "-id"], name="spot_check_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict="normal") | ~models.Q(note=""), name="spot_check_says_what_is_wrong"
            ),
            models.CheckConstraint(condition=models.Q(verdict__in=SpotVerdict.values), name="spot_check_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.verdict}"
