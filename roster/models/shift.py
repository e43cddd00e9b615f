"""Shifts: who is planned where and when; and who really came."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from roster.states import CheckInWay, ShiftOrigin, ShiftStatus


class Shift(models.Model):
    """One person at one post on one day. `date` is the local day on which it begins; the instants are frozen when it is planned.

    `stand_in` (AB角) takes over while the person is on approved leave that names no replacement of its own.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="shifts")
    date = models.DateField(_("Day"))
    post = models.ForeignKey("roster.Post", on_delete=models.PROTECT, related_name="shifts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="shifts")
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="stand_in_shifts"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=ShiftStatus, default=ShiftStatus.PLANNED)
    origin = models.CharField(max_length=10, choices=ShiftOrigin, default=ShiftOrigin.HAND)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    planned_at = models.DateTimeField()

    class Meta:
        ordering = ["date", "post__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "date", "person"],
                condition=models.Q(status="planned"),
                name="shift_person_once_a_day_at_a_post",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(stand_in=None) | ~models.Q(stand_in=models.F("person")),
                name="shift_stand_in_is_another",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "date"], condition=models.Q(status="planned"), name="shift_of_day"),
            models.Index(fields=["contract", "starts_at"], condition=models.Q(status="planned"), name="shift_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.post} {self.person}"


class CheckIn(models.Model):
    """Somebody came to a shift: the person planned, or whoever took over. `late_seconds` counts from when they were expected.

    What the manager enters later carries who entered it and why.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="check_ins")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="check_ins")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="check_ins")
    at = models.DateTimeField(_("Checked in at"))
    way = models.CharField(max_length=6, choices=CheckInWay)
    late_seconds = models.PositiveIntegerField(default=0)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shift", "person"], name="check_in_once"),
            models.CheckConstraint(
                condition=~models.Q(way="later") | (models.Q(entered_by__isnull=False) & ~models.Q(reason="")),
                name="check_in_later_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shift_id} {self.person}"
