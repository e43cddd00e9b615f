"""Where things stand: a tree of floors, zones, rooms and points."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Place(models.Model):
    """A place in a hall. `position` is the walking order; `designation` says by what the client named an outside place (一.2)."""

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

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["hall", "code"], name="place_code_once")]

    def __str__(self) -> str:
        return self.name
